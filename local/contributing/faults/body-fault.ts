import { PassThrough, type Readable, Transform } from 'node:stream';
import type { Fault } from './fault.ts';

/** What a whole body goes through on its way: nothing, or the fault that changes it. */
export function bodyWith(fault: Fault | undefined): Transform {
  return fault?.how === 'flip' ? flipped(fault.atByte) : new PassThrough();
}

/** The first bytes of a body, all of them where it is shorter. The rest is left where it is. */
export async function* firstBytes(body: Readable, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  if (left === 0) return;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const part = chunk.subarray(0, left);
    left -= part.length;
    yield part;
    if (left === 0) return;
  }
}

function flipped(atByte: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const index = atByte - seen;
      seen += chunk.length;
      if (index < 0 || index >= chunk.length) return done(null, chunk);
      const copy = Buffer.from(chunk);
      copy.writeUInt8(copy.readUInt8(index) ^ 1, index);
      done(null, copy);
    },
  });
}
