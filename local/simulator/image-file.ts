import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { callerOf, visibleImage } from './authentication.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, ClientGone, Fault } from './http.ts';

/** A bound on the bytes of an upload, and how the service refuses what goes beyond it. */
export interface ByteLimit {
  readonly maxBytes: number;
  readonly fault: Fault;
}

export interface ReceivedFile {
  readonly bytes: number;
  /** Hex digests by algorithm. */
  readonly digests: Readonly<Record<string, string>>;
}

/**
 * Writes the body of a request into a file and computes the digests of what it writes, in constant memory.
 * @throws the fault of the first limit that is passed, the rest of the body being left unread; ClientGone when the
 * body breaks off
 */
export async function receive(
  body: Readable,
  path: string,
  algorithms: readonly string[],
  limits: readonly ByteLimit[],
): Promise<ReceivedFile> {
  const hashes = new Map(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
  const file = await open(path, 'w');
  try {
    const bytes = await pour(body, file, [...hashes.values()], limits);
    return { bytes, digests: Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest('hex')])) };
  } finally {
    await file.close();
  }
}

async function pour(body: Readable, file: FileHandle, hashes: Hash[], limits: readonly ByteLimit[]) {
  let bytes = 0;
  for await (const chunk of chunksOf(body)) {
    bytes += chunk.length;
    const passed = limits.find(({ maxBytes }) => bytes > maxBytes);
    if (passed !== undefined) throw passed.fault;
    const written = writeWhole(file, chunk); // the disk works while the processor hashes
    for (const hash of hashes) hash.update(chunk);
    await written;
  }
  return bytes;
}

/** Leaves the connection open when it is left early, so that the refusal can still be answered. */
async function* chunksOf(body: Readable): AsyncGenerator<Buffer> {
  try {
    yield* body.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new ClientGone('The client went away in the middle of the body.', { cause });
  }
}

async function writeWhole(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    offset += (await file.write(chunk, offset)).bytesWritten;
  }
}

/** Large enough that a file is read at the speed of the disk, small enough for many at once. */
const READ_BYTES = 1024 ** 2;

/** GET /v2/images/{id}/file: 204 until the image has data. Ranges are not served: the answer is the whole file. */
export function downloadFile(context: ImageContext, call: Call): Answer {
  const image = visibleImage(context, call);
  if (image.status === 'deactivated' && !callerOf(context, call).isAdmin) {
    throw new Fault(403, 'The requested image has been deactivated. Image data download is forbidden.');
  }
  if (image.status !== 'active' && image.status !== 'deactivated') return { status: 204 };
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(image.size),
    ...(image.checksum === null ? {} : { 'content-md5': image.checksum }),
  };
  return {
    status: 200,
    headers,
    body: createReadStream(context.store.dataPath(image.id), { highWaterMark: READ_BYTES }),
  };
}
