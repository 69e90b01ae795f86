/** `node bench/unpack/unpack.ts FILE`: unpacks a local file as unpack-image does, and prints the SHA-256 of what is inside. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { openPacked } from '../../lambda/packed/unpack.ts';

const [path = ''] = process.argv.slice(2);
const file = await open(path);
const { size } = await file.stat();
const unpacked = await openPacked(
  {
    size,
    async read(offset, length) {
      return (await file.read(Buffer.alloc(length), 0, length, offset)).buffer;
    },
    open: (offset, length) =>
      createReadStream(path, { start: offset, end: offset + length - 1, highWaterMark: 2 ** 20 }),
  },
  { maxBytes: Number.MAX_SAFE_INTEGER },
);
if (unpacked === undefined) throw new Error(`${path} is not packed.`);
const hash = createHash('sha256');
for await (const piece of unpacked.bytes) hash.update(piece);
await unpacked.close();
await file.close();
process.stdout.write(`${hash.digest('hex')}\n`);
