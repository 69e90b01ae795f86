import { hasMbr } from '../guest/partition-table.ts';
import { isPowerOfTwo } from '../reading/bytes.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import { firstFileOfTar, isTar } from './tar.ts';

/** A file that is not a disk image as it is, but could be treated as a raw one. */
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

/** The step for what is recognised as something else: that it is a raw disk is then out of the question. */
export const NOT_A_DISK_STEP = 'Drop the disk image itself.';

/** The OVF envelope must be the first file of an OVA (DMTF DSP0243, section 5.3). */
const isOva = ({ head }: Probe): boolean => isTar(head) && /.\.ovf$/i.test(firstFileOfTar(head) ?? '');

/** RFC 8878, section 3.1.2: sixteen numbers mark frames that decoders skip; pzstd begins files with one. */
const isSkippableZstd = ({ head }: Probe): boolean =>
  head.has(1, bytes(0x2a, 0x4d, 0x18)) && head.length > 0 && (head.u8(0) & 0xf0) === 0x50;

/**
 * The .lzma file has no magic number: this is what xz asks of one (XZ Utils, doc/lzma-file-format.txt). Properties below
 * 225; a dictionary of 2^n or 2^n + 2^(n-1) bytes; an unknown size or one below 256 GiB; and compressed data begin with 0.
 */
function isLzmaAlone({ head }: Probe): boolean {
  if (head.length < 14 || head.u8(0) >= 225 || head.u8(13) !== 0) return false;
  const dictionary = head.u32le(1);
  const isUsual = [dictionary, (dictionary / 3) * 2].some((bytes) => isPowerOfTwo(bytes, 4096, 2 ** 31));
  const hasSize = head.isAllOnes(5, 8) || (head.u32le(9) < 64 && !head.isZero(5, 8));
  return (isUsual || dictionary === 0xffffffff) && hasSize;
}

/** compress(1): bits of a code in the third byte, 9 to 16, and whether codes are given up. */
const isCompress = ({ head }: Probe): boolean =>
  head.has(0, bytes(0x1f, 0x9d)) && head.length > 2 && (head.u8(2) & 0x60) === 0 && (head.u8(2) & 0x1f) - 9 <= 7;

/** ECMA-167, part 2, section 9.1: a UDF volume begins its sequence of descriptors so; a bridge disc begins with CD001. */
const isUdfOnly = (probe: Probe): boolean => probe.head.has(32769, 'BEA01') && !hasMbr(probe);

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
  { name: 'a Zstandard file', rule: COMPRESSED, matches: isSkippableZstd },
  { name: 'a bzip2 file', rule: COMPRESSED, matches: ({ head }) => head.has(0, 'BZh') && head.has(4, '1AY&SY') },
  { name: 'a 7z file', rule: COMPRESSED, matches: atStart(bytes(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)) },
  {
    name: 'an lz4 file',
    rule: COMPRESSED,
    // The second number is that of the legacy frame.
    matches: atStart(bytes(0x04, 0x22, 0x4d, 0x18), bytes(0x02, 0x21, 0x4c, 0x18)),
  },
  { name: 'an lzma file', rule: COMPRESSED, matches: isLzmaAlone },
  {
    name: 'an lzop file',
    rule: COMPRESSED,
    matches: atStart(bytes(0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a)),
  },
  { name: 'a file of compress (.Z)', rule: COMPRESSED, matches: isCompress },
  { name: 'an lzip file', rule: COMPRESSED, matches: atStart('LZIP\x01') },
  { name: 'a RAR file', rule: COMPRESSED, matches: atStart('Rar!\x1a\x07') },
  { name: 'an OVA (a tar archive)', rule: COMPRESSED, matches: isOva },
  { name: 'a tar archive', rule: COMPRESSED, matches: ({ head }) => isTar(head) },
  { name: 'an ar archive', rule: COMPRESSED, matches: atStart('!<arch>\n', '!<thin>\n') },
  { name: 'a cabinet file', rule: COMPRESSED, matches: atStart('MSCF\0\0\0\0') },
  // The initramfs of Linux is called .img as well.
  {
    name: 'a cpio archive',
    rule: OTHER_FILE,
    nextStep: NOT_A_DISK_STEP,
    matches: atStart('070701', '070702', '070707'),
  },
  {
    name: 'a Windows image (WIM)',
    rule: OTHER_FILE,
    nextStep: 'Apply it to a disk with `wimapply` or DISM, and drop that disk.',
    matches: atStart('MSWIM\0\0\0'),
  },
  { name: 'an ELF program', rule: OTHER_FILE, nextStep: NOT_A_DISK_STEP, matches: atStart('\x7fELF') },
  {
    name: 'a Proxmox backup archive (VMA)',
    rule: OTHER_FILE,
    nextStep: 'Extract the disk with `vma extract FILE FOLDER` and drop it.',
    matches: atStart('VMA\0'),
  },
  {
    name: 'a forensic image (EnCase, E01)',
    rule: OTHER_DISK,
    nextStep: 'Export it with `ewfexport -u FILE` and drop the new file.',
    matches: atStart(
      'EVF\x09\x0d\x0a\xff\x00',
      'LVF\x09\x0d\x0a\xff\x00',
      'EVF2\x0d\x0a\x81\x00',
      'LEF2\x0d\x0a\x81\x00',
    ),
  },
  {
    name: 'a Windows full flash update (FFU)',
    rule: OTHER_DISK,
    nextStep: 'Apply it to a disk with DISM, and drop that disk.',
    // The length of the security header is before it.
    matches: ({ head }) => head.has(4, 'SignedImage '),
  },
  {
    name: 'a Partclone image',
    rule: OTHER_DISK,
    nextStep: 'Restore it to a disk with `partclone.restore` and drop that disk.',
    matches: atStart('partclone-image'),
  },
  {
    name: 'a UDF volume without ISO 9660',
    rule: OTHER_DISK,
    nextStep: 'Make the ISO with both file systems, for instance with `genisoimage -udf`, and drop the new file.',
    matches: isUdfOnly,
  },
  { name: 'a Parallels disk', rule: OTHER_DISK, matches: atStart('WithoutFreeSpace', 'WithouFreSpacExt') },
  { name: 'a Bochs disk', rule: OTHER_DISK, matches: atStart('Bochs Virtual HD Image') },
  // Of the "sparse" mode, which qemu-img does not know.
  {
    name: 'a Bochs disk',
    rule: OTHER_DISK,
    nextStep: 'Convert it with `bximage -func=convert -imgmode=flat FILE NEW.img` and drop the new file.',
    matches: atStart(bytes(0xce, 0x8a, 0x46, 0x02)),
  },
  {
    name: 'an Apple disk image',
    rule: OTHER_DISK,
    // The 512-byte trailer of UDIF.
    matches: ({ tail }) => tail.has(tail.length - 512, 'koly'),
  },
  {
    name: 'an Android sparse image',
    rule: OTHER_DISK,
    nextStep: 'Expand it with `simg2img FILE NEW.img` and drop the new file.',
    matches: atStart(bytes(0x3a, 0xff, 0x26, 0xed)),
  },
];

export function findLookAlike(probe: Probe): LookAlike | undefined {
  return SIGNATURES.find(({ matches }) => matches(probe));
}
