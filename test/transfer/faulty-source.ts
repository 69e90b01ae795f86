import { Readable } from 'node:stream';
import type { ByteRange } from '../../lambda/model/image.ts';
import type { OpenRange } from '../../lambda/transfer/resuming-source.ts';

/** What happens to one opening: it is refused, or it breaks or ends after some bytes. */
export interface Fault {
  readonly how: 'refuse' | 'break' | 'end';
  readonly afterBytes: number;
}

export interface FaultySource {
  readonly open: OpenRange;
  /** What was asked for, in order. */
  readonly openings: readonly ByteRange[];
  readonly streams: readonly Readable[];
}

/** A source whose first openings go wrong, one after the other, and that serves well after that. */
export function faultySource(content: Buffer, chunkBytes: number, faults: readonly Fault[]): FaultySource {
  const openings: ByteRange[] = [];
  const streams: Readable[] = [];
  const open: OpenRange = async (range) => {
    const fault = faults[openings.length];
    openings.push(range);
    if (fault?.how === 'refuse') throw new Error('refused');
    const asked = content.subarray(range.offset, range.offset + range.length);
    const given = fault === undefined ? asked : asked.subarray(0, fault.afterBytes);
    const stream = Readable.from(chunks(given, chunkBytes, fault?.how === 'break'), { objectMode: false });
    streams.push(stream);
    return stream;
  };
  return { open, openings, streams };
}

function* chunks(content: Buffer, chunkBytes: number, breaks: boolean): Generator<Buffer> {
  for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
  if (breaks) throw new Error('the connection broke');
}
