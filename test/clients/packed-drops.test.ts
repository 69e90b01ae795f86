import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Dropped, Pipeline } from '../pipeline/pipeline.ts';
import { innerDisk } from '../support/packed/disk.ts';

/** Several copies, so that tools with several threads write several blocks. */
const COPIES = 8;
const DISK = Buffer.concat(Array.from({ length: COPIES }, innerDisk));

/** Written into the file `out`, and what is recorded as its format. */
const PACKINGS: readonly (readonly [command: string, format: string])[] = [
  ['xz -c disk.raw > out', 'xz'],
  ['xz -T0 --block-size=256KiB -c disk.raw > out', 'xz'],
  ['head -c 500000 disk.raw | xz > out; tail -c +500001 disk.raw | xz >> out', 'xz'],
  ['xz --check=sha256 -c disk.raw > out', 'xz'],
  ['pixz disk.raw out', 'xz'],
  ['gzip -c disk.raw > out', 'gz'],
  ['pigz -b 128 -c disk.raw > out', 'gz'],
  ['head -c 500000 disk.raw | gzip > out; tail -c +500001 disk.raw | gzip >> out', 'gz'],
  ['zstd -q -c disk.raw > out', 'zst'],
  ['zstd -q -T0 --check < disk.raw > out', 'zst'],
  ['pzstd -q -p 4 -c disk.raw > out', 'zst'],
  ['bzip2 -c disk.raw > out', 'bz2'],
  ['pbzip2 -p2 -b1 -c disk.raw > out', 'bz2'],
  ['zip -q out.zip disk.raw && mv out.zip out', 'zip'],
  ['tar -czf out disk.raw', 'tar.gz'],
  ['tar -cJf out disk.raw', 'tar.xz'],
  ['tar --format=ustar -cf out box.ovf disk.raw', 'tar'],
  ['tar --format=pax -cf out box.ovf disk.raw', 'tar'],
  ['tar --format=gnu -cf out box.ovf disk.raw', 'tar'],
];

/** One packing of each format is damaged. */
const DAMAGED = PACKINGS.filter(([, format], index) => PACKINGS.findIndex((each) => each[1] === format) === index);

/** A tar archive without a manifest has no checksum of its content. */
const hasChecksum = (format: string): boolean => format !== 'tar';

let folder: string;
let pipeline: Pipeline;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-packed-drops-'));
  writeFileSync(join(folder, 'disk.raw'), DISK);
  writeFileSync(join(folder, 'box.ovf'), '<Envelope/>');
  pipeline = await Pipeline.start();
});
afterAll(async () => {
  await pipeline?.stop();
  rmSync(folder, { recursive: true });
});

function packed(command: string): Buffer {
  execFileSync('bash', ['-ec', command], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const bytes = readFileSync(join(folder, 'out'));
  rmSync(join(folder, 'out'));
  return bytes;
}

/** The keys of what is in the work bucket, unfinished uploads too. */
async function workKeys(): Promise<readonly (string | undefined)[]> {
  const Bucket = pipeline.output('WorkBucketName');
  const { Contents: objects = [] } = await pipeline.s3.send(new ListObjectsV2Command({ Bucket }));
  const { Uploads: uploads = [] } = await pipeline.s3.send(new ListMultipartUploadsCommand({ Bucket }));
  return [...objects, ...uploads].map(({ Key }) => Key);
}

test('a disk becomes the same active image by whatever program it is packed', async () => {
  const drops: [string, string, Dropped][] = [];
  for (const [index, [command, format]] of PACKINGS.entries()) {
    drops.push([command, format, await pipeline.drop(`packed-${index}`, packed(command))]);
  }
  for (const [command, format, dropped] of drops) {
    const record = await pipeline.settled(dropped);
    const inside = record.packed?.format ?? (record.member === undefined ? undefined : 'tar');
    const found = { command, status: record.status, format: inside, error: record.error };
    expect(found).toEqual({ command, status: 'active', format });
    expect({ command, isSame: (await pipeline.storedBytes(record)).equals(DISK) }).toEqual({ command, isSame: true });
  }
  await pipeline.idle();
  expect(await workKeys()).toEqual([]);
});

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  const middle = copy.length >> 1;
  copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle);
  return copy;
};

test('a damaged file fails with the code of its damage, and leaves nothing', async () => {
  const drops: [string, readonly string[], Dropped][] = [];
  for (const [command, format] of DAMAGED) {
    const whole = packed(command);
    const cases: [string, readonly string[], Buffer][] = [
      ['cut', ['truncated'], whole.subarray(0, whole.length >> 1)],
      // A flipped bit may also hit a length.
      ['flipped', ['corrupt-data', 'truncated', 'unsupported-variant'], flipped(whole)],
      ['longer', ['trailing-bytes', 'corrupt-data', 'truncated'], Buffer.concat([whole, Buffer.from('garbage, more')])],
    ];
    for (const [how, codes, bytes] of cases) {
      if (how === 'flipped' && !hasChecksum(format)) continue;
      drops.push([`${how}: ${command}`, codes, await pipeline.drop(`${how}-${format}`, bytes)]);
    }
  }
  for (const [what, codes, dropped] of drops) {
    const { error, status } = await pipeline.settled(dropped);
    expect({ what, status, isExpected: codes.includes(error?.code ?? '') ? true : error?.code }).toEqual({
      what,
      status: 'failed',
      isExpected: true,
    });
  }
  await pipeline.idle();
  const names = drops.map(([, , { key }]) => key);
  expect((await pipeline.images()).filter(({ name }) => names.includes(name))).toEqual([]);
  expect(await workKeys()).toEqual([]);
});
