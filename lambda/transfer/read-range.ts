import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteRange } from '../model/image.ts';
import type { OpenRange } from './resuming-source.ts';
import { type Sink, send } from './transfer.ts';

export interface ReadRange {
  readonly bytes: Buffer;
  /** Hex. */
  readonly md5: string;
}

/** Reads a range whole into memory, with its md5. @throws as `send` */
export async function readRange(open: OpenRange, range: ByteRange, signal: AbortSignal): Promise<ReadRange> {
  const bytes = Buffer.allocUnsafe(range.length);
  const onProgress = async (): Promise<void> => {};
  const { hashes } = await send({ open, range, algorithms: ['md5'], onProgress, signal, sink: into(bytes) });
  return { bytes, md5: hashes.md5 ?? '' };
}

/** The source sees to it that there are no more bytes than were asked for. */
function into(bytes: Buffer): Sink {
  return async (body, _length, signal) => {
    let filled = 0;
    const collect = new Writable({
      write(chunk: Buffer, _encoding, done) {
        filled += chunk.copy(bytes, filled);
        done();
      },
    });
    await pipeline(body, collect, { signal });
  };
}
