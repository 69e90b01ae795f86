import { finished, type Readable, Transform } from 'node:stream';
import { ImageDropError, messageOf } from '../model/errors.ts';

/**
 * Stands between a source and the HTTP client, which destroys its body with its own error when a connection breaks:
 * so it stays known which of the two has failed. Also sees to it that the source brings exactly its length.
 */
export interface UploadBody {
  readonly stream: Readable;
  /** Why the source failed; undefined as long as it has not. */
  failure(): ImageDropError | undefined;
  /** Gives up the source. */
  close(): void;
}

export function uploadBody(source: Readable, length: number): UploadBody {
  let bytes = 0;
  let failure: ImageDropError | undefined;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > length ? fail(wrongLength(bytes, length)) : null, chunk);
    },
    flush(done) {
      done(bytes < length ? fail(wrongLength(bytes, length)) : null);
    },
  });
  const fail = (error: ImageDropError): ImageDropError => {
    failure = error;
    return error;
  };
  // Failures are reported by the request, or by failure().
  stream.on('error', () => {});
  stream.on('close', () => source.destroy());
  finished(source, { writable: false }, (error) => {
    if (error && !stream.destroyed) stream.destroy(fail(sourceError(error, bytes, length)));
  });
  source.pipe(stream);
  const close = (): void => {
    stream.destroy();
    source.destroy();
  };
  return { stream, failure: () => failure, close };
}

function sourceError(error: unknown, bytes: number, length: number): ImageDropError {
  if (error instanceof ImageDropError) return error;
  const message = `The source failed after ${bytes} of ${length} bytes: ${messageOf(error)}.`;
  return new ImageDropError('source-unreadable', message, { cause: error });
}

function wrongLength(bytes: number, length: number): ImageDropError {
  const message = bytes < length ? `ended after ${bytes} of ${length} bytes` : `brought more than its ${length} bytes`;
  return new ImageDropError('source-unreadable', `The source ${message}.`);
}
