import type { Bytes } from '../reading/bytes.ts';
import { isPowerOfTwo } from '../reading/bytes.ts';
import type { Probe } from '../reading/probe.ts';

/** A file system, or another kind of volume, that fills a disk without partitions. */
export interface FileSystem {
  readonly name: string;
  /** Bytes that it says it has; the disk must not be shorter. 0 where it does not say it in the head of the file. */
  readonly bytes: number;
}

type Recogniser = (probe: Probe) => FileSystem | undefined | Promise<FileSystem | undefined>;

/** The superblock of many file systems follows a boot block of two sectors. */
const SUPERBLOCK = 1024;
const MIN_SECTOR_BYTES = 512;
const MAX_BLOCK_BYTES = 65536;

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** Linux, Documentation/filesystems/ext4, "The Super Block". */
const ext: Recogniser = ({ head }) => {
  if (!head.has(SUPERBLOCK + 0x38, bytes('53ef'))) return undefined;
  const logBlockSize = head.u32le(SUPERBLOCK + 0x18);
  // Blocks of 1 to 64 KiB.
  if (logBlockSize > 6) return undefined;
  const has64BitSizes = (head.u32le(SUPERBLOCK + 0x60) & 0x80) !== 0;
  const blocksHigh = has64BitSizes ? head.u32le(SUPERBLOCK + 0x150) : 0;
  return { name: 'ext', bytes: (blocksHigh * 2 ** 32 + head.u32le(SUPERBLOCK + 4)) * 2 ** (10 + logBlockSize) };
};

/** XFS Algorithms & Data Structures, "Superblocks". */
const xfs: Recogniser = ({ head }) => {
  if (!head.has(0, 'XFSB')) return undefined;
  const blockSize = head.u32be(4);
  return isPowerOfTwo(blockSize, MIN_SECTOR_BYTES, MAX_BLOCK_BYTES)
    ? { name: 'xfs', bytes: head.u64be(8) * blockSize }
    : undefined;
};

/**
 * Superblocks at 64 KiB, just past the head. btrfs on-disk format, "Superblock": total_bytes of this device in dev_item.
 * FreeBSD, sys/ufs/ffs/fs.h: UFS2 in either byte order. Linux, fs/reiserfs/reiserfs.h and uapi/linux/gfs2_ondisk.h.
 */
const at64KiB: Recogniser = async (probe) => {
  const [offset, length] = [0x10000, 4096];
  if (probe.size < offset + length) return undefined;
  const superblock = await probe.read(offset, length);
  if (superblock.has(0x40, '_BHRfS_M')) return { name: 'btrfs', bytes: superblock.u64le(0xc9 + 8) };
  if (UFS2.some((magic) => superblock.has(UFS_MAGIC_OFFSET, magic))) return { name: 'ufs', bytes: 0 };
  if (superblock.has(52, 'ReIsEr')) return { name: 'reiserfs', bytes: 0 };
  return superblock.has(0, bytes('01161970')) ? { name: 'gfs2', bytes: 0 } : undefined;
};

const UFS_MAGIC_OFFSET = 1372;
/** Of superblocks at 0 and at 8 KiB. */
const UFS_MAGICS = [UFS_MAGIC_OFFSET, 8192 + UFS_MAGIC_OFFSET];
const UFS2 = [bytes('19015419'), bytes('19540119')];

/**
 * Linux, drivers/md/md.c: version 1.0 has its superblock 8 to 12 KiB before the end, version 0.90 (in the byte order of
 * the machine) 64 to 128 KiB before it. A member of a mirror begins like the disk itself; of others nothing else tells.
 * VMFS begins at 1 MiB (util-linux, libblkid, vmfs.c).
 */
const farAway: Recogniser = async (probe) => {
  const places = [
    { name: 'mdraid', offset: Math.floor((probe.size - 8192) / 4096) * 4096, marks: [bytes('fc4e2ba901000000')] },
    {
      name: 'mdraid',
      offset: Math.floor(probe.size / 65536) * 65536 - 65536,
      marks: [bytes('fc4e2ba9000000005a000000'), bytes('a92b4efc000000000000005a')],
    },
    { name: 'VMFS', offset: 2 ** 20, marks: [bytes('0dd001c0')] },
  ].filter(({ offset }) => offset >= 0 && offset + MIN_SECTOR_BYTES <= probe.size);
  await probe.prefetch(places.map(({ offset }) => ({ offset, length: MIN_SECTOR_BYTES })));
  for (const { name, offset, marks } of places) {
    const superblock = await probe.read(offset, MIN_SECTOR_BYTES);
    if (marks.some((mark) => superblock.has(0, mark))) return { name, bytes: 0 };
  }
  return undefined;
};

/** Boot sector of NTFS: bytes in a sector at 11, sectors at 40. */
const ntfs: Recogniser = ({ head }) =>
  head.has(3, 'NTFS    ') && hasSectorSize(head) ? { name: 'ntfs', bytes: head.u16le(11) * head.u64le(40) } : undefined;

/** Microsoft, exFAT file system specification, section 3.1: sectors at 72, the power of two of their size at 108. */
const exfat: Recogniser = ({ head }) => {
  if (!head.has(3, 'EXFAT   ')) return undefined;
  const shift = head.u8(108);
  return shift >= 9 && shift <= 12 ? { name: 'exfat', bytes: head.u64le(72) * 2 ** shift } : undefined;
};

/** The boot sector of ReFS: its name at 3, "FSRS" at 16, sectors at 24, bytes in a sector at 32. */
const refs: Recogniser = ({ head }) =>
  head.has(3, 'ReFS\0') && head.has(16, 'FSRS') && isPowerOfTwo(head.u32le(32), MIN_SECTOR_BYTES, 4096)
    ? { name: 'refs', bytes: head.u64le(24) * head.u32le(32) }
    : undefined;

/** Microsoft FAT specification, section 3.1: sectors as 16 bits at 19, or as 32 bits at 32. */
const fat: Recogniser = ({ head }) => {
  const isFat = (head.has(54, 'FAT') || head.has(82, 'FAT32')) && head.has(510, bytes('55aa'));
  if (!isFat || !hasSectorSize(head)) return undefined;
  return { name: 'fat', bytes: head.u16le(11) * (head.u16le(19) || head.u32le(32)) };
};

const hasSectorSize = (head: Bytes): boolean => isPowerOfTwo(head.u16le(11), MIN_SECTOR_BYTES, 4096);

/** Squashfs binary format, "The Superblock": bytes used at 40. */
const squashfs: Recogniser = ({ head }) =>
  head.has(0, 'hsqs') ? { name: 'squashfs', bytes: head.u64le(40) } : undefined;

/** Linux, fs/erofs/erofs_fs.h: the power of two of a block's size at 12 of the superblock, blocks at 36. */
const erofs: Recogniser = ({ head }) => {
  if (!head.has(SUPERBLOCK, bytes('e2e1f5e0'))) return undefined;
  const shift = head.u8(SUPERBLOCK + 12);
  return shift >= 9 && shift <= 16 ? { name: 'erofs', bytes: head.u32le(SUPERBLOCK + 36) * 2 ** shift } : undefined;
};

/** Apple, Technical Note TN1150, "Volume Header": version 4 (HFS+) or 5 (HFSX), block size at 40, blocks at 44. */
const hfs: Recogniser = ({ head }) => {
  const isHfs = head.has(SUPERBLOCK, bytes('482b0004')) || head.has(SUPERBLOCK, bytes('48580005'));
  if (!isHfs || !isPowerOfTwo(head.u32be(SUPERBLOCK + 40), MIN_SECTOR_BYTES, 2 ** 31)) return undefined;
  return { name: 'hfs+', bytes: head.u32be(SUPERBLOCK + 40) * head.u32be(SUPERBLOCK + 44) };
};

/** LVM2, lib/format_text/layout.h: a label in one of the first four sectors, then the volume's UUID and size. */
const lvm: Recogniser = ({ head }) => {
  const label = [0, 512, 1024, 1536].find(
    (offset) => head.has(offset, 'LABELONE') && head.has(offset + 24, 'LVM2 001'),
  );
  return label === undefined ? undefined : { name: 'LVM physical volume', bytes: head.u64le(label + 64) };
};

/** Linux, include/linux/swap.h: a mark at the end of the first page, and in version 1 the last page at 1028. */
const swap: Recogniser = ({ head }) => {
  const page = [4096, 8192, 16384, 32768, 65536].find(
    (size) => head.has(size - 10, 'SWAPSPACE2') || head.has(size - 10, 'SWAP-SPACE'),
  );
  if (page === undefined) return undefined;
  // On machines of the other byte order, and before version 1, the last page does not stand there.
  const hasLastPage = head.u32le(SUPERBLOCK) === 1;
  return { name: 'swap space', bytes: hasLastPage ? (head.u32le(SUPERBLOCK + 4) + 1) * page : 0 };
};

/** Where else a volume says what it is; how large it is does not stand beside. */
const MARKS: readonly {
  name: string;
  at: readonly number[];
  mark: string | Buffer;
  and?: [number, string | Buffer];
}[] = [
  // OpenZFS, lib/libzpool: the label's list of names and values, packed as XDR, begins with its version.
  { name: 'ZFS', at: [16384 + 24], mark: 'version\0' },
  // bcache, and bcachefs with it (Linux, bcache_ondisk.h).
  { name: 'bcache', at: [4096 + 24], mark: bytes('c68573f64e1a45ca8265f57f48ba6d81') },
  { name: 'bcachefs', at: [4096 + 24], mark: bytes('c68573f666ce90a9d96a60cf803df7ef') },
  // Linux, include/uapi/linux/raid/md_p.h: versions 1.1 and 1.2, major version 1.
  { name: 'mdraid', at: [0, 4096], mark: bytes('fc4e2ba901000000') },
  // FreeBSD, sys/disklabel.h: the number occurs twice, in either byte order; the label in one of the first sectors.
  { name: 'BSD disklabel', at: [0, 64, 128, 512], mark: bytes('57455682'), and: [132, bytes('57455682')] },
  { name: 'BSD disklabel', at: [0, 64, 128, 512], mark: bytes('82564557'), and: [132, bytes('82564557')] },
  // Apple, Inside Macintosh: Devices, "The Partition Map": the block of the driver, and the map behind it.
  { name: 'Apple partition map', at: [512, 1024, 2048, 4096], mark: bytes('504d0000') },
  // Linux, arch/s390/include/uapi/asm/vtoc.h: VOL1, LNX1 or CMS1 in EBCDIC, in the second or third block.
  { name: 'DASD label', at: [512, 1024, 2048, 4096, 8192], mark: bytes('e5d6d3f1') },
  { name: 'DASD label', at: [512, 1024, 2048, 4096, 8192], mark: bytes('d3d5e7f1') },
  { name: 'DASD label', at: [512, 1024, 2048, 4096, 8192], mark: bytes('c3d4e2f1') },
  // The boot sector of a volume, and of one on a stick, which begins like FAT (Microsoft, BitLocker's identifier).
  { name: 'BitLocker', at: [3], mark: '-FVE-FS-', and: [507, bytes('55aa')] },
  { name: 'BitLocker', at: [424], mark: bytes('3bd66749292ed84a8399f6a339e3d001'), and: [86, bytes('55aa')] },
  // Linux, fs/ocfs2/ocfs2_fs.h: in the third block.
  { name: 'ocfs2', at: [1024, 2048, 4096, 8192], mark: 'OCFSV2' },
  // Apple, Technical Note TN1150, "HFS Wrapper".
  { name: 'hfs+', at: [SUPERBLOCK], mark: 'BD', and: [124, 'H+'] },
  { name: 'f2fs', at: [SUPERBLOCK], mark: bytes('1020f5f2') },
  { name: 'jfs', at: [32768], mark: 'JFS1' },
  // FreeBSD, sys/ufs/ffs/fs.h: superblocks of UFS1 and UFS2 that stand in the head, in either byte order.
  ...[bytes('54190100'), bytes('00011954'), ...UFS2].map((mark) => ({ name: 'ufs', at: UFS_MAGICS, mark })),
];

const marked: Recogniser = ({ head }) => {
  const found = MARKS.find(({ at, mark, and }) =>
    at.some((offset) => head.has(offset, mark) && (and === undefined || head.has(offset + and[0], and[1]))),
  );
  return found && { name: found.name, bytes: 0 };
};

/** The last two need further reads. */
const RECOGNISERS: readonly Recogniser[] = [
  ext,
  xfs,
  ntfs,
  exfat,
  refs,
  fat,
  squashfs,
  erofs,
  hfs,
  lvm,
  swap,
  marked,
  at64KiB,
  farAway,
];

/** The file system that begins at byte 0 of the disk. */
export async function findFileSystem(probe: Probe): Promise<FileSystem | undefined> {
  for (const recognise of RECOGNISERS) {
    const fileSystem = await recognise(probe);
    if (fileSystem !== undefined) return fileSystem;
  }
  return undefined;
}
