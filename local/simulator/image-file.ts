import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ClientGone, type Fault } from './http.ts';

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
