import type { Bytes } from './bytes.ts';
import { isPowerOfTwo } from './powers.ts';
import type { Probe } from './probe.ts';

/** A file system (or LVM volume) that fills a disk without partitions. */
export interface FileSystem {
  readonly name: string;
  /** Bytes that it says it has; the disk must not be shorter. */
  readonly bytes: number;
}

type Recogniser = (probe: Probe) => FileSystem | undefined | Promise<FileSystem | undefined>;

/** Linux, Documentation/filesystems/ext4, "The Super Block". */
const ext: Recogniser = ({ head }) => {
  const superblock = 1024;
  if (!head.has(superblock + 0x38, Buffer.from([0x53, 0xef]))) return undefined;
  const logBlockSize = head.u32le(superblock + 0x18);
  // Blocks of 1 to 64 KiB.
  if (logBlockSize > 6) return undefined;
  const has64BitSizes = (head.u32le(superblock + 0x60) & 0x80) !== 0;
  const blocksHigh = has64BitSizes ? head.u32le(superblock + 0x150) : 0;
  return { name: 'ext', bytes: (blocksHigh * 2 ** 32 + head.u32le(superblock + 4)) * 2 ** (10 + logBlockSize) };
};

/** XFS Algorithms & Data Structures, "Superblocks". */
const xfs: Recogniser = ({ head }) => {
  if (!head.has(0, 'XFSB')) return undefined;
  const blockSize = head.u32be(4);
  return isPowerOfTwo(blockSize, 512, 65536) ? { name: 'xfs', bytes: head.u64be(8) * blockSize } : undefined;
};

/** btrfs on-disk format, "Superblock": at 64 KiB, just past the head; total_bytes of this device in dev_item. */
const btrfs: Recogniser = async (probe) => {
  const [offset, length] = [0x10000, 4096];
  if (probe.size < offset + length) return undefined;
  const superblock = await probe.read(offset, length);
  return superblock.has(0x40, '_BHRfS_M') ? { name: 'btrfs', bytes: superblock.u64le(0xc9 + 8) } : undefined;
};

/** Boot sector of NTFS: bytes in a sector at 11, sectors at 40. */
const ntfs: Recogniser = ({ head }) =>
  head.has(3, 'NTFS    ') && hasSectorSize(head) ? { name: 'ntfs', bytes: head.u16le(11) * head.u64le(40) } : undefined;

/** Microsoft FAT specification, section 3.1: sectors as 16 bits at 19, or as 32 bits at 32. */
const fat: Recogniser = ({ head }) => {
  const isFat = (head.has(54, 'FAT') || head.has(82, 'FAT32')) && head.has(510, Buffer.from([0x55, 0xaa]));
  if (!isFat || !hasSectorSize(head)) return undefined;
  return { name: 'fat', bytes: head.u16le(11) * (head.u16le(19) || head.u32le(32)) };
};

const hasSectorSize = (head: Bytes): boolean => isPowerOfTwo(head.u16le(11), 512, 4096);

/** Squashfs binary format, "The Superblock": bytes used at 40. */
const squashfs: Recogniser = ({ head }) =>
  head.has(0, 'hsqs') ? { name: 'squashfs', bytes: head.u64le(40) } : undefined;

/** LVM2, lib/format_text/layout.h: a label in one of the first four sectors, then the volume's UUID and size. */
const lvm: Recogniser = ({ head }) => {
  const label = [0, 512, 1024, 1536].find(
    (offset) => head.has(offset, 'LABELONE') && head.has(offset + 24, 'LVM2 001'),
  );
  return label === undefined ? undefined : { name: 'LVM physical volume', bytes: head.u64le(label + 64) };
};

/** btrfs comes last: only it needs a further read. */
const RECOGNISERS: readonly Recogniser[] = [ext, xfs, ntfs, fat, squashfs, lvm, btrfs];

/** The file system that begins at byte 0 of the disk. */
export async function findFileSystem(probe: Probe): Promise<FileSystem | undefined> {
  for (const recognise of RECOGNISERS) {
    const fileSystem = await recognise(probe);
    if (fileSystem !== undefined) return fileSystem;
  }
  return undefined;
}
