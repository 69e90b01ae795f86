import { deflateSync } from 'node:zlib';
import { isZero, padded, partsOf, piecesOf } from './patched.ts';

const SECTOR = 512;
const GRAIN_SECTORS = 128;
const GRAIN_BYTES = GRAIN_SECTORS * SECTOR;
const TABLE_ENTRIES = 512;
const DESCRIPTOR_SECTORS = 20;
/** Sector of the grain directory of a monolithicSparse image, and its one sector. */
const DIRECTORY_SECTOR = 1 + DESCRIPTOR_SECTORS;
const AT_END = 0xffffffffffffffffn;

export interface VmdkOptions {
  /** Instead of a sound one. */
  readonly descriptor?: string;
}

/** A sound descriptor of a disk of so many sectors. */
export function vmdkDescriptor(createType: string, sectors: number): string {
  return [
    '# Disk DescriptorFile',
    'version=1',
    'CID=2af1c3d4',
    'parentCID=ffffffff',
    `createType="${createType}"`,
    '',
    '# Extent description',
    `RW ${sectors} SPARSE "disk.vmdk"`,
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    'ddb.virtualHWVersion = "4"',
    'ddb.geometry.cylinders = "2"',
    'ddb.geometry.heads = "16"',
    'ddb.geometry.sectors = "63"',
    'ddb.adapterType = "ide"',
    '',
  ].join('\n');
}

export function monolithicSparseVmdk(disk: Buffer, { descriptor }: VmdkOptions = {}): Buffer {
  return vmdkWithFrontTables(disk, descriptor ?? vmdkDescriptor('monolithicSparse', disk.length / SECTOR), false);
}

/** As qemu-img writes the type: compressed grains behind their markers, but tables at the front and no footer. */
export function frontStreamVmdk(disk: Buffer, { descriptor }: VmdkOptions = {}): Buffer {
  return vmdkWithFrontTables(disk, descriptor ?? vmdkDescriptor('streamOptimized', disk.length / SECTOR), true);
}

function vmdkWithFrontTables(disk: Buffer, descriptor: string, isStream: boolean): Buffer {
  const tableDisks = partsOf(disk, GRAIN_BYTES * TABLE_ENTRIES);
  const directory = Buffer.alloc(SECTOR);
  const firstTable = DIRECTORY_SECTOR + 1;
  const overhead = Math.ceil((firstTable + tableDisks.length * 4) / GRAIN_SECTORS) * GRAIN_SECTORS;
  const tables: Buffer[] = [];
  const grains: Buffer[] = [];
  let sector = overhead;
  for (const [index, tableDisk] of tableDisks.entries()) {
    directory.writeUInt32LE(firstTable + index * 4, index * 4);
    const table = Buffer.alloc(TABLE_ENTRIES * 4);
    for (const [entry, grain] of piecesOf(tableDisk, GRAIN_BYTES).entries()) {
      if (isZero(grain)) continue;
      table.writeUInt32LE(sector, entry * 4);
      const stored = isStream ? compressedGrain(grain, (index * TABLE_ENTRIES + entry) * GRAIN_SECTORS) : grain;
      grains.push(stored);
      sector += stored.length / SECTOR;
    }
    tables.push(table);
  }
  const start = Buffer.concat([
    sparseHeader(disk.length, { isStream, overhead, directory: BigInt(DIRECTORY_SECTOR) }),
    descriptorArea(descriptor),
    directory,
    ...tables,
  ]);
  return Buffer.concat([padded(start, GRAIN_BYTES), ...grains]);
}

/** Compressed grains behind their markers, tables at the end, a footer that tells where. */
export function streamOptimizedVmdk(disk: Buffer, { descriptor }: VmdkOptions = {}): Buffer {
  const header = sparseHeader(disk.length, { isStream: true, overhead: GRAIN_SECTORS, directory: AT_END });
  const text = descriptorArea(descriptor ?? vmdkDescriptor('streamOptimized', disk.length / SECTOR));
  const parts = [padded(Buffer.concat([header, text]), GRAIN_BYTES)];
  let sector = GRAIN_SECTORS;
  const append = (part: Buffer): number => {
    const place = sector;
    parts.push(part);
    sector += part.length / SECTOR;
    return place;
  };
  const directory = Buffer.alloc(SECTOR);
  for (const [index, tableDisk] of partsOf(disk, GRAIN_BYTES * TABLE_ENTRIES).entries()) {
    const table = Buffer.alloc(TABLE_ENTRIES * 4);
    for (const [entry, grain] of piecesOf(tableDisk, GRAIN_BYTES).entries()) {
      if (isZero(grain)) continue;
      table.writeUInt32LE(append(compressedGrain(grain, (index * TABLE_ENTRIES + entry) * GRAIN_SECTORS)), entry * 4);
    }
    append(marker(4, 1));
    directory.writeUInt32LE(append(table), index * 4);
  }
  append(marker(1, 2));
  const directorySector = append(directory);
  append(marker(1, 3));
  append(sparseHeader(disk.length, { isStream: true, overhead: GRAIN_SECTORS, directory: BigInt(directorySector) }));
  append(marker(0, 0));
  return Buffer.concat(parts);
}

function sparseHeader(
  diskBytes: number,
  { isStream, overhead, directory }: { isStream: boolean; overhead: number; directory: bigint },
): Buffer {
  const header = Buffer.alloc(SECTOR);
  header.write('KDMV', 'latin1');
  header.writeUInt32LE(isStream ? 3 : 1, 4);
  // Newline check; compressed grains; markers.
  header.writeUInt32LE(isStream ? 0x30001 : 1, 8);
  header.writeBigUInt64LE(BigInt(diskBytes / SECTOR), 12);
  header.writeBigUInt64LE(BigInt(GRAIN_SECTORS), 20);
  header.writeBigUInt64LE(1n, 28);
  header.writeBigUInt64LE(BigInt(DESCRIPTOR_SECTORS), 36);
  header.writeUInt32LE(TABLE_ENTRIES, 44);
  header.writeBigUInt64LE(directory, 56);
  header.writeBigUInt64LE(BigInt(overhead), 64);
  header.write('\n \r\n', 73, 'latin1');
  header.writeUInt16LE(isStream ? 1 : 0, 77);
  return header;
}

function descriptorArea(text: string): Buffer {
  const area = Buffer.alloc(DESCRIPTOR_SECTORS * SECTOR);
  area.write(text, 'latin1');
  return area;
}

function compressedGrain(grain: Buffer, sector: number): Buffer {
  const data = deflateSync(grain);
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(sector));
  head.writeUInt32LE(data.length, 8);
  return padded(Buffer.concat([head, data]), SECTOR);
}

function marker(sectors: number, type: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.writeBigUInt64LE(BigInt(sectors));
  bytes.writeUInt32LE(type, 12);
  return bytes;
}
