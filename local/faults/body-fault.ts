import { PassThrough, Transform } from 'node:stream';
import type { Fault } from './fault.ts';

/** What a body goes through on its way: nothing, or the fault that concerns bodies. */
export function bodyWith(fault: Fault | undefined): Transform {
  if (fault?.how === 'cut-request' || fault?.how === 'cut-answer') return cutAfter(fault.afterBytes);
  return fault?.how === 'flip' ? flipped(fault.atByte) : new PassThrough();
}

/** A body that is shorter breaks at its end: it is cut in any case. */
function cutAfter(bytes: number): Transform {
  let left = bytes;
  const cut = () => new Error('The connection was cut.');
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      this.push(part);
      done(part.length < chunk.length ? cut() : null);
    },
    flush: (done) => done(cut()),
  });
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
