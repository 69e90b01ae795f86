import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DropRecord } from '../../lambda/model/record.ts';
import { type LocalFile, localFile } from '../local-files.ts';
import { STATE_FOLDER } from '../stack/local.ts';
import { DONE, FAILED, INTERRUPTED } from '../terminal/exit-codes.ts';
import { withStack } from './start-here.ts';

interface DemoFile {
  readonly name: string;
  readonly content: Buffer;
  /** What the drop ends with. */
  readonly expected: 'active' | 'failed';
}

const DISK_BYTES = 8 * 2 ** 20;

/**
 * Drops four files of its own to the simulator and explains what happened to each.
 * @returns the exit code
 */
export function runDemo(): Promise<number> {
  const files = demoFiles();
  return withStack({ kind: 'glance', json: false }, async (stack, stop) => {
    const { dropAndWait } = await import('./drop-and-report.ts');
    const records = await dropAndWait(stack, { files: files.map(written), json: false }, stop);
    if (records === undefined) return INTERRUPTED;
    const width = Math.max(...files.map(({ name }) => name.length));
    process.stdout.write(`\n${records.map((record) => explanation(record, width)).join('\n')}\n\n`);
    process.stdout.write('Drop files of your own: npm start -- FILE\n');
    return files.every(({ expected }, index) => records[index]?.status === expected) ? DONE : FAILED;
  });
}

function demoFiles(): readonly DemoFile[] {
  const disk = partitionedDisk();
  return [
    { name: 'disk.img', content: disk, expected: 'active' },
    { name: 'packed.img.gz', content: gzipSync(disk), expected: 'active' },
    { name: 'truncated.qcow2', content: truncatedQcow2(), expected: 'failed' },
    { name: 'notes.txt', content: Buffer.from('This is a text file.\n'), expected: 'failed' },
  ];
}

function written({ name, content }: DemoFile): LocalFile {
  const folder = join(process.cwd(), STATE_FOLDER, 'demo');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, content);
  return localFile(path);
}

/** A raw disk with a master boot record and one Linux partition that begins at 1 MiB. */
function partitionedDisk(): Buffer {
  const disk = Buffer.alloc(DISK_BYTES);
  const firstSector = 2048;
  const entry = 446;
  disk.writeUInt8(0x80, entry); // active
  disk.writeUInt8(0x83, entry + 4); // Linux
  disk.writeUInt32LE(firstSector, entry + 8);
  disk.writeUInt32LE(DISK_BYTES / 512 - firstSector, entry + 12);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

/** The first cluster of a QCOW2 image: its header points to tables that are missing. */
function truncatedQcow2(): Buffer {
  const clusterBits = 16;
  const cluster = 2 ** clusterBits;
  const image = Buffer.alloc(cluster);
  image.write('QFI\xfb', 'latin1');
  image.writeUInt32BE(3, 4); // version
  image.writeUInt32BE(clusterBits, 20);
  image.writeBigUInt64BE(BigInt(DISK_BYTES), 24);
  image.writeUInt32BE(1, 36); // entries of the L1 table
  image.writeBigUInt64BE(BigInt(3 * cluster), 40); // L1 table
  image.writeBigUInt64BE(BigInt(cluster), 48); // refcount table
  image.writeUInt32BE(1, 56); // its clusters
  image.writeUInt32BE(4, 96); // refcount order: 16 bits
  image.writeUInt32BE(104, 100); // header length
  return image;
}

function explanation({ drop, image, verification, error }: DropRecord, width: number): string {
  const result =
    error === undefined
      ? `is image ${image?.id}: the ${verification?.algorithm ?? 'size'} at the cloud matches the disk.`
      : `was rejected (${error.code}): ${error.message}`;
  return `${drop.key.padEnd(width)}  ${result}`;
}
