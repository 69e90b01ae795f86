import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { firstFileOfTar, isTar } from './tar.ts';

/** A file that is not a disk image as it is, but could be taken for a raw one. */
export interface LookAlike {
  /** With its article: "a gzip file". */
  readonly name: string;
  readonly rule: Rule;
  /** Overrides the code's own, where this file has a better one. */
  readonly nextStep?: string;
}

interface Signature extends LookAlike {
  matches(probe: Probe): boolean;
}

const START = 'first bytes';
// LUKS: version 1 would pass for raw on Glance and boot nowhere.
const ENCRYPTED: Rule = { code: 'encrypted', title: 'no encrypted volume', at: START };
const COMPRESSED: Rule = { code: 'compressed', title: 'no compressed file or archive', at: START };
const OTHER_DISK: Rule = { code: 'unsupported-variant', title: 'no disk of a kind that clouds do not take', at: START };
const OTHER_FILE: Rule = { code: 'not-a-disk-image', title: 'no file of another kind', at: START };

export const LOOK_ALIKE_RULES: readonly Rule[] = [ENCRYPTED, COMPRESSED, OTHER_DISK, OTHER_FILE];

const atStart =
  (...signatures: (string | Uint8Array)[]) =>
  ({ head }: Probe): boolean =>
    signatures.some((signature) => head.has(0, signature));

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** The OVF envelope must be the first file of an OVA (DMTF DSP0243, section 5.3). */
const isOva = ({ head }: Probe): boolean => isTar(head) && /.\.ovf$/i.test(firstFileOfTar(head) ?? '');

const SIGNATURES: readonly Signature[] = [
  {
    name: 'a LUKS encrypted volume',
    rule: ENCRYPTED,
    matches: atStart(bytes(0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe), bytes(0x53, 0x4b, 0x55, 0x4c, 0xba, 0xbe)),
  },
  { name: 'a gzip file', rule: COMPRESSED, matches: atStart(bytes(0x1f, 0x8b, 0x08)) },
  { name: 'an xz file', rule: COMPRESSED, matches: atStart(bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) },
  { name: 'a zip file', rule: COMPRESSED, matches: atStart('PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08') },
  { name: 'a Zstandard file', rule: COMPRESSED, matches: atStart(bytes(0x28, 0xb5, 0x2f, 0xfd)) },
  { name: 'a bzip2 file', rule: COMPRESSED, matches: ({ head }) => head.has(0, 'BZh') && head.has(4, '1AY&SY') },
  { name: 'a 7z file', rule: COMPRESSED, matches: atStart(bytes(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)) },
  { name: 'an lz4 file', rule: COMPRESSED, matches: atStart(bytes(0x04, 0x22, 0x4d, 0x18)) },
  { name: 'an lzip file', rule: COMPRESSED, matches: atStart('LZIP\x01') },
  { name: 'a RAR file', rule: COMPRESSED, matches: atStart('Rar!\x1a\x07') },
  { name: 'an OVA (a tar archive)', rule: COMPRESSED, matches: isOva },
  { name: 'a tar archive', rule: COMPRESSED, matches: ({ head }) => isTar(head) },
  // The initramfs of Linux is called .img as well.
  { name: 'a cpio archive', rule: OTHER_FILE, matches: atStart('070701', '070702', '070707') },
  { name: 'a Windows image (WIM)', rule: OTHER_FILE, matches: atStart('MSWIM\0\0\0') },
  { name: 'an ELF program', rule: OTHER_FILE, matches: atStart('\x7fELF') },
  { name: 'a Parallels disk', rule: OTHER_DISK, matches: atStart('WithoutFreeSpace', 'WithouFreSpacExt') },
  { name: 'a Bochs disk', rule: OTHER_DISK, matches: atStart('Bochs Virtual HD Image') },
  {
    name: 'an Apple disk image',
    rule: OTHER_DISK,
    // The 512-byte trailer of UDIF.
    matches: ({ tail }) => tail.has(tail.length - 512, 'koly'),
  },
  {
    name: 'an Android sparse image',
    rule: OTHER_DISK,
    nextStep: 'Expand it with `simg2img FILE NEW.raw` and drop the new file.',
    matches: atStart(bytes(0x3a, 0xff, 0x26, 0xed)),
  },
];

export function findLookAlike(probe: Probe): LookAlike | undefined {
  return SIGNATURES.find(({ matches }) => matches(probe));
}
