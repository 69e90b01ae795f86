import { Readable } from 'node:stream';
import type { PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';

/** Told of bytes as they go out; of less than nothing when they have to go once more. */
export type CountBytes = (bytes: number) => void;

/** Small enough that a slow line shows a bar that moves. */
const PIECE_BYTES = 64 * 1024;

/**
 * Has the bytes of a request's body counted as they are sent: the SDK itself tells of a request only when it is answered.
 * The body is a buffer for all other middleware, which signs it and sends it again when an attempt has failed.
 */
export function countBody(command: PutObjectCommand | UploadPartCommand, count: CountBytes): void {
  let counted = 0;
  const add = (bytes: number) => {
    counted += bytes;
    count(bytes);
  };
  // Either stack takes it: what is done to the request does not depend on what was asked for.
  const { middlewareStack } = command as UploadPartCommand;
  middlewareStack.add(
    (next) => (args) => {
      add(-counted);
      const request = args.request as { body?: unknown };
      if (!(request.body instanceof Uint8Array)) return next(args);
      // Another object, for the next attempt begins with the buffer again.
      return next({ ...args, request: { ...request, body: Readable.from(pieces(request.body, add)) } });
    },
    { step: 'deserialize', priority: 'low', name: 'countBody' },
  );
}

function* pieces(bytes: Uint8Array, count: CountBytes): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const piece = bytes.subarray(from, from + PIECE_BYTES);
    yield piece;
    count(piece.length);
  }
}
