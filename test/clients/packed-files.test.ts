import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PackedFile } from '../../lambda/packed/packed-file.ts';
import { openPacked } from '../../lambda/packed/unpack.ts';
import { failure } from '../support/outcome.ts';
import { innerDisk } from '../support/packed/disk.ts';

/** Several blocks for each tool that packs with several threads; a part of them zeros. */
const COPIES = 96;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
let folder: string;
let digest: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-packed-'));
  mkdirSync(join(folder, 'folder'));
  const disk = Buffer.concat(Array.from({ length: COPIES }, (_, copy) => varied(copy)));
  writeFileSync(join(folder, 'disk.raw'), disk);
  writeFileSync(join(folder, 'box.ovf'), '<Envelope/>');
  digest = sha256(disk);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** No copy is like another, so that dictionaries cannot hide a mistake. */
function varied(copy: number): Buffer {
  const disk = innerDisk();
  for (let offset = 32_768; offset < 65_536; offset += 4)
    disk.writeUInt32LE(Math.imul(offset + 1, copy + 7) >>> 0, offset);
  return disk;
}

async function unpackedDigest(path: string, bytes = statSync(path).size): Promise<{ format: string; digest: string }> {
  const handle = await open(path);
  const file: PackedFile = {
    size: bytes,
    read: async (offset, length) => (await handle.read(Buffer.alloc(length), 0, length, offset)).buffer,
    async *open(offset, length) {
      if (length > 0) yield* createReadStream(path, { start: offset, end: offset + length - 1 });
    },
  };
  try {
    const unpacked = await openPacked(file, { maxBytes: 2 ** 40 });
    const hash = createHash('sha256');
    for await (const piece of unpacked?.bytes ?? []) hash.update(piece);
    return { format: unpacked?.format ?? 'none', digest: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

/** Written into the file `out`. */
const TOOLS: readonly (readonly [command: string, format: string])[] = [
  ['gzip -c disk.raw > out', 'gz'],
  ['pigz -b 128 -c disk.raw > out', 'gz'],
  ['head -c 9000000 disk.raw | gzip > out; tail -c +9000001 disk.raw | gzip >> out', 'gz'],
  ['zstd -q -c disk.raw > out', 'zst'],
  ['zstd -q --ultra -22 -c disk.raw > out', 'zst'],
  ['cat disk.raw | zstd -q -T0 --check > out', 'zst'],
  ['pzstd -q -p 4 -c disk.raw > out', 'zst'],
  ['xz -c disk.raw > out', 'xz'],
  ['xz -9 -c disk.raw > out', 'xz'],
  ['xz -T2 --block-size=4MiB -c disk.raw > out', 'xz'],
  ['xz --check=sha256 -T2 --block-size=4MiB -c disk.raw > out', 'xz'],
  ['xz --check=crc32 -c disk.raw > out', 'xz'],
  ['head -c 9000000 disk.raw | xz > out; head -c 8 /dev/zero >> out; tail -c +9000001 disk.raw | xz >> out', 'xz'],
  ['pixz disk.raw out', 'xz'],
  ['bzip2 -c disk.raw > out', 'bz2'],
  ['pbzip2 -p2 -c disk.raw > out', 'bz2'],
  ['zip -q out.zip disk.raw && mv out.zip out', 'zip'],
  ['zip -q -0 out.zip disk.raw box.ovf && mv out.zip out', 'zip'],
  ['zip -q -fz out.zip - < disk.raw && mv out.zip out', 'zip'],
  ['tar -cf out box.ovf disk.raw', 'tar'],
  ['tar --format=pax -cf out box.ovf folder disk.raw', 'tar'],
  ['tar --format=v7 -cf out disk.raw', 'tar'],
  ['tar --format=oldgnu -czf out disk.raw', 'tar.gz'],
  ['tar -cJf out box.ovf disk.raw', 'tar.xz'],
  ['tar --zstd -cf out disk.raw', 'tar.zst'],
  ['tar -cjf out disk.raw', 'tar.bz2'],
];

/** Packing takes most of the time: each file is made once. */
const packed = new Map<string, string>();

function pack(command: string): string {
  const known = packed.get(command);
  if (known !== undefined) return known;
  execFileSync('bash', ['-ec', command], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const path = join(folder, `packed-${packed.size}`);
  renameSync(join(folder, 'out'), path);
  packed.set(command, path);
  return path;
}

describe('the disk comes out byte for byte', () => {
  test.each(TOOLS)('%s', async (command, format) => {
    expect(await unpackedDigest(pack(command))).toEqual({ format, digest });
  });
});

describe('a file whose end is missing is truncated', () => {
  test.each(TOOLS)('%s', async (command, format) => {
    const path = pack(command);
    // GNU tar fills its last record with zeros, which may be missing.
    const cut = format === 'tar' ? 12_000 : 15;
    for (const bytes of [statSync(path).size - cut, statSync(path).size >> 1]) {
      expect((await failure(unpackedDigest(path, bytes))).code).toBe('truncated');
    }
  });
});

describe('a sparse member of a tar archive is refused', () => {
  test.each([
    'truncate -s 4M hole.raw && tar -cSf out hole.raw',
    'truncate -s 4M hole.raw && tar --format=pax -czSf out hole.raw',
  ])('%s', async (command) => {
    expect((await failure(unpackedDigest(pack(command)))).code).toBe('unsupported-variant');
  });
});
