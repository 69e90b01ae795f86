import { u32le, u64le } from './patched.ts';
import { SparseFile } from './sparse-file.ts';
import { frontStreamVmdk, monolithicSparseVmdk } from './vmdk.ts';

const SECTOR = 512;
const GRAIN_BYTES = 65536;
const TABLE_BYTES = 2048;
const DIRECTORY_SECTOR = 21;

export interface LargeVmdk {
  readonly file: SparseFile;
  /** Where the data of a grain begin in the file. */
  readonly placeOf: (grain: number) => number;
}

/**
 * A disk of so many GiB of which only these grains are stored, as zeros, in this order; with its tables at the front.
 * @param packedBytes of each grain, when they are packed; what is packed is not sound
 */
export function largeVmdk(gibibytes: number, grains: readonly number[], packedBytes?: number): LargeVmdk {
  const sound = packedBytes === undefined ? monolithicSparseVmdk : frontStreamVmdk;
  const start = sound(Buffer.alloc(GRAIN_BYTES)).subarray(0, DIRECTORY_SECTOR * SECTOR);
  const tables = gibibytes * 32;
  const directorySectors = Math.ceil((tables * 4) / SECTOR);
  const firstTable = DIRECTORY_SECTOR + directorySectors;
  const dataOffset = Math.ceil((firstTable * SECTOR + tables * TABLE_BYTES) / GRAIN_BYTES) * GRAIN_BYTES;
  const storedBytes = packedBytes === undefined ? GRAIN_BYTES : Math.ceil((12 + packedBytes) / SECTOR) * SECTOR;
  const placeOf = (grain: number): number => dataOffset + grains.indexOf(grain) * storedBytes;

  const front = Buffer.alloc(dataOffset);
  start.copy(front);
  Buffer.from(u64le((gibibytes * 2 ** 30) / SECTOR)).copy(front, 12);
  Buffer.from(u64le(dataOffset / SECTOR)).copy(front, 64);
  for (let table = 0; table < tables; table++) {
    front.writeUInt32LE(firstTable + (table * TABLE_BYTES) / SECTOR, DIRECTORY_SECTOR * SECTOR + table * 4);
  }
  for (const grain of grains) front.writeUInt32LE(placeOf(grain) / SECTOR, firstTable * SECTOR + grain * 4);
  const empty = SparseFile.of(front).resized(dataOffset + grains.length * storedBytes);
  const marker = Buffer.from([...u64le(0), ...u32le(packedBytes ?? 0)]);
  const file =
    packedBytes === undefined ? empty : grains.reduce((all, grain) => all.patched(placeOf(grain), marker), empty);
  return { file, placeOf };
}
