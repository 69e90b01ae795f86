import type { PartitionTable } from '../../../lambda/model/image.ts';
import { DISK, type Sample } from './samples.ts';

/** The partition table of DISK. */
export const DISK_TABLE: PartitionTable = {
  scheme: 'mbr',
  sectorBytes: 512,
  partitions: [{ type: '0x83', offset: 512, length: DISK.length - 512 }],
  endBytes: DISK.length,
};

/** Formats whose disk is not looked into, and a medium has no partitions. */
const NOT_LOOKED_INTO: readonly string[] = ['qcow', 'qed', 'zvhd', 'zvhd2', 'iso'];

/** What must be found inside a sample. */
export function tableInside({ format, virtualSize }: Sample): PartitionTable | undefined {
  if (NOT_LOOKED_INTO.includes(format)) return undefined;
  return virtualSize === DISK.length ? DISK_TABLE : gptTable(virtualSize, 512);
}

/** The table of a disk that gptDisk makes. */
export function gptTable(diskBytes: number, sectorBytes: number): PartitionTable {
  const tableBytes = 16384;
  const offset = 2 * sectorBytes + tableBytes;
  const length = diskBytes - offset - tableBytes - sectorBytes;
  return {
    scheme: 'gpt',
    sectorBytes,
    partitions: [{ type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4', offset, length }],
    endBytes: diskBytes,
  };
}
