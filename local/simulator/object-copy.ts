import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { writeSparsely } from '../sparse-file.ts';
import type { ObsClient, SourceObject } from './obs-client.ts';

export interface CopyOptions {
  readonly obs: ObsClient;
  readonly source: SourceObject;
  /** Where the bytes go; what is there is replaced. */
  readonly path: string;
  /** Objects of more bytes are copied in samples only. */
  readonly wholeReadBytes: number;
  /** Whether the md5 is wanted, which costs more time than all the rest. */
  readonly checksum: boolean;
  readonly signal: AbortSignal;
  /** Gets the share that has been read, from 0 to 1. */
  readonly onProgress: (share: number) => void;
}

const MIB = 1024 ** 2;
/** All headers, footers and backups of partition tables that anybody looks at lie within these. */
const EDGE_BYTES = 4 * MIB;
const SAMPLES = 64;
const SAMPLE_BYTES = MIB / 4;

/**
 * Copies an object into a file, in constant memory, with holes in the place of zeros. Of an object that is too large to
 * be read whole, the file holds head, tail and samples, and holes in the place of all else.
 * @returns the md5 of the bytes in hex; null where it is not wanted or they were not all read
 * @throws Fault as ObsClient.read
 */
export async function copyObject(options: CopyOptions): Promise<string | null> {
  const { source, path, wholeReadBytes, checksum } = options;
  const whole = source.size <= wholeReadBytes;
  const pieces = whole ? [{ start: 0, end: source.size }] : samplesOf(source.size);
  const file = await open(path, 'w');
  try {
    const md5 = whole && checksum ? createHash('md5') : undefined;
    await copyPieces(options, file, pieces, md5);
    await file.truncate(source.size);
    return md5?.digest('hex') ?? null;
  } finally {
    await file.close();
  }
}

interface Piece {
  readonly start: number;
  readonly end: number;
}

/** From both edges, and at even distances between them. */
function samplesOf(size: number): Piece[] {
  const step = Math.floor(size / (SAMPLES + 1));
  const middle = Array.from({ length: SAMPLES }, (_, index) => (index + 1) * step)
    .filter((start) => start >= EDGE_BYTES && start + SAMPLE_BYTES <= size - EDGE_BYTES)
    .map((start) => ({ start, end: start + SAMPLE_BYTES }));
  const tailStart = Math.max(size - EDGE_BYTES, 0);
  return [{ start: 0, end: Math.min(EDGE_BYTES, tailStart) }, ...middle, { start: tailStart, end: size }];
}

async function copyPieces(options: CopyOptions, file: FileHandle, pieces: readonly Piece[], md5: Hash | undefined) {
  const { obs, source, signal, onProgress } = options;
  const total = pieces.reduce((sum, { start, end }) => sum + end - start, 0);
  let read = 0;
  for (const { start, end } of pieces) {
    let at = start;
    for await (const chunk of obs.read(source, start, end, signal)) {
      const written = writeSparsely(file, chunk, at); // the disk works while the processor hashes
      md5?.update(chunk);
      await written;
      at += chunk.length;
      read += chunk.length;
      onProgress(read / total);
    }
  }
}
