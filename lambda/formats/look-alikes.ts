import type { ErrorCode } from '../model/errors.ts';
import type { Probe } from './probe.ts';

/** A file that is not a disk image as it is, but could be taken for a raw one. */
export interface LookAlike {
  /** With its article: "a gzip file". */
  readonly name: string;
  readonly code: ErrorCode;
  /** Overrides the code's own, where this file has a better one. */
  readonly nextStep?: string;
}

interface Signature extends LookAlike {
  matches(probe: Probe): boolean;
}

const atStart =
  (...signatures: (string | Uint8Array)[]) =>
  ({ head }: Probe): boolean =>
    signatures.some((signature) => head.has(0, signature));

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** POSIX and GNU tar alike have it at 257 in the first header (IEEE 1003.1, pax, "ustar Interchange Format"). */
const isTar = ({ head }: Probe): boolean => head.has(257, 'ustar');
/** The OVF envelope must be the first file of an OVA (DMTF DSP0243, section 5.3). */
const isOva = (probe: Probe): boolean =>
  isTar(probe) && /^[^\0]+\.ovf(\0|$)/i.test(probe.head.slice(0, 100).toString('latin1'));

const SIGNATURES: readonly Signature[] = [
  // LUKS: version 1 would pass for raw on Glance and boot nowhere.
  {
    name: 'a LUKS encrypted volume',
    code: 'encrypted',
    matches: atStart(bytes(0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe), bytes(0x53, 0x4b, 0x55, 0x4c, 0xba, 0xbe)),
  },
  { name: 'a gzip file', code: 'compressed', matches: atStart(bytes(0x1f, 0x8b, 0x08)) },
  { name: 'an xz file', code: 'compressed', matches: atStart(bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) },
  { name: 'a zip file', code: 'compressed', matches: atStart('PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08') },
  { name: 'a Zstandard file', code: 'compressed', matches: atStart(bytes(0x28, 0xb5, 0x2f, 0xfd)) },
  { name: 'a bzip2 file', code: 'compressed', matches: ({ head }) => head.has(0, 'BZh') && head.has(4, '1AY&SY') },
  { name: 'a 7z file', code: 'compressed', matches: atStart(bytes(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)) },
  { name: 'an lz4 file', code: 'compressed', matches: atStart(bytes(0x04, 0x22, 0x4d, 0x18)) },
  { name: 'an lzip file', code: 'compressed', matches: atStart('LZIP\x01') },
  { name: 'a RAR file', code: 'compressed', matches: atStart('Rar!\x1a\x07') },
  { name: 'an OVA (a tar archive)', code: 'compressed', matches: isOva },
  { name: 'a tar archive', code: 'compressed', matches: isTar },
  // The initramfs of Linux is called .img as well.
  { name: 'a cpio archive', code: 'not-a-disk-image', matches: atStart('070701', '070702', '070707') },
  { name: 'a Windows image (WIM)', code: 'not-a-disk-image', matches: atStart('MSWIM\0\0\0') },
  { name: 'an ELF program', code: 'not-a-disk-image', matches: atStart('\x7fELF') },
  { name: 'a Parallels disk', code: 'unsupported-variant', matches: atStart('WithoutFreeSpace', 'WithouFreSpacExt') },
  { name: 'a Bochs disk', code: 'unsupported-variant', matches: atStart('Bochs Virtual HD Image') },
  {
    name: 'an Apple disk image',
    code: 'unsupported-variant',
    // The 512-byte trailer of UDIF.
    matches: ({ tail }) => tail.has(tail.length - 512, 'koly'),
  },
  {
    name: 'an Android sparse image',
    code: 'unsupported-variant',
    nextStep: 'Expand it with `simg2img FILE NEW.raw` and drop the new file.',
    matches: atStart(bytes(0x3a, 0xff, 0x26, 0xed)),
  },
];

export function findLookAlike(probe: Probe): LookAlike | undefined {
  return SIGNATURES.find(({ matches }) => matches(probe));
}
