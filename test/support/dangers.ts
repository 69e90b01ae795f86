import type { InspectOptions } from '../../lambda/formats/inspect.ts';
import type { RangeReader } from '../../lambda/formats/reading/reader.ts';
import { type FoundImage, IMAGE_FORMATS, type ImageFormat } from '../../lambda/model/image.ts';

/** What a file with these bytes there may be accepted as: nothing but this. */
const MARKS: [offset: number, mark: string, formats: readonly ImageFormat[]][] = [
  [0, 'QFI\xfb', ['qcow2', 'qcow']],
  [0, 'QED\0', ['qed']],
  [0, 'KDMV', ['vmdk']],
  [0, 'COWD', []],
  [0, '# Disk DescriptorFile', []],
  [0, 'conectix', ['vhd']],
  [0, 'vhdxfile', ['vhdx']],
  [0, 'stream\0\0', ['zvhd']],
  [0, 'z2strm\0\0', ['zvhd2']],
  [64, '\x7f\x10\xda\xbe', ['vdi']],
  [32769, 'CD001', ['iso']],
  [0, 'LUKS\xba\xbe', []],
  [0, '\x1f\x8b\x08', []],
  [0, '\xfd7zXZ\0', []],
  [0, '\x28\xb5\x2f\xfd', []],
  [0, 'VMA\0', []],
  [0, 'EVF\x09\x0d\x0a\xff\x00', []],
  [0, '\x02\x21\x4c\x18', []],
  [0, '\x89LZO\0\r\n\x1a\n', []],
  [0, 'PK\x03\x04', []],
  [257, 'ustar', []],
];

type Danger = (head: Buffer, file: RangeReader, found: FoundImage) => string | undefined;

const qcowNames = (head: Buffer): string | undefined =>
  head.readBigUInt64BE(8) === 0n ? undefined : 'it names a backing file';

/** What must not be in an accepted file of the format; written without a look at the code that inspects. */
const DANGERS: Partial<Record<ImageFormat, Danger>> = {
  qcow2(head) {
    if (head.readUInt32BE(32) !== 0) return 'it is encrypted';
    if (head.readUInt32BE(4) === 3) {
      // Dirty and compression type are the only incompatible features that may be set.
      if ((head.readBigUInt64BE(72) & ~9n) !== 0n) return 'it has incompatible features';
      if ((head.readBigUInt64BE(88) & 2n) !== 0n) return 'it has a raw data file';
    }
    return qcowNames(head);
  },
  qcow: (head) => (head.readUInt32BE(36) === 0 ? qcowNames(head) : 'it is encrypted'),
  qed: (head) => ((head.readUInt8(16) & 1) === 0 ? undefined : 'it names a backing file'),
  vmdk(head) {
    if (head.readBigUInt64LE(12) === 0n) return 'it has no capacity';
    const text = head.toString('latin1', 512, 512 + Number(head.readBigUInt64LE(36)) * 512);
    const extents = text.match(/^\s*(RW|RDONLY|NOACCESS)\s.*$/gim) ?? [];
    if (extents.length !== 1) return `it names ${extents.length} extents`;
    if (/[/\\]/.test(extents[0] ?? '')) return 'its extent has a path';
    return /parentFileNameHint/i.test(text) ? 'it names a parent' : undefined;
  },
  vdi(head) {
    if (![1, 2].includes(head.readUInt32LE(76))) return 'it is of another kind';
    return head.subarray(0x1a8, 0x1c8).some((byte) => byte !== 0) ? 'it has a parent' : undefined;
  },
  iso: (_head, file, { virtualSize }) => (virtualSize > file.size ? 'its volume is cut' : undefined),
  raw: (_head, file, { virtualSize }) => (virtualSize === file.size ? undefined : 'it has another size'),
};

const HEAD_BYTES = 65536;

/** Only where it is said plainly: inspection knows other names and spellings of formats. */
const isOther = (claimed: string | undefined, format: ImageFormat): boolean =>
  claimed !== format && IMAGE_FORMATS.some((name) => name === claimed);

/** Why the file ought not to have been accepted as what was found; undefined where nothing speaks against it. */
export async function dangerIn(
  file: RangeReader,
  found: FoundImage,
  { claimedFormat }: InspectOptions,
): Promise<string | undefined> {
  const { format, virtualSize } = found;
  if (!Number.isSafeInteger(virtualSize) || virtualSize <= 0) return `its disk has ${virtualSize} bytes`;
  if (isOther(claimedFormat, format)) return `it was said to be ${claimedFormat}`;
  const head = await file.read(0, Math.min(file.size, HEAD_BYTES));
  const mark = MARKS.find(([offset, bytes, formats]) => {
    return !formats.includes(format) && head.toString('latin1', offset, offset + bytes.length) === bytes;
  });
  if (mark !== undefined) return `it bears "${mark[1]}" at byte ${mark[0]}`;
  return DANGERS[format]?.(head, file, found);
}
