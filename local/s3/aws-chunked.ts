import { ByteReader } from './byte-reader.ts';
import type { ChunkSignatures } from './chunk-signatures.ts';
import { S3Error } from './errors.ts';

/** "10000;chunk-signature=" and 64 digits come to 90 bytes; a trailer with a checksum to less than 200. */
const MAX_LINE_BYTES = 1024;
/** S3 takes no more trailers than checksum and signature; the bound keeps memory constant. */
const MAX_TRAILERS = 10;

export interface AwsChunkedOptions {
  /** Absent where the chunks are not signed. */
  readonly signatures?: ChunkSignatures | undefined;
  /** Told each trailer, name in lower case, when the whole body was read. */
  readonly onTrailer: (name: string, value: string) => void;
}

/**
 * Takes off the content encoding aws-chunked (S3 API, "Signature calculations for the Authorization header:
 * transferring payload in multiple chunks", also "including trailing headers").
 * @throws IncompleteBody, SignatureDoesNotMatch, MalformedTrailerError
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  options: AwsChunkedOptions,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  try {
    yield* decode(reader, options);
  } finally {
    await reader.release();
  }
}

async function* decode(reader: ByteReader, options: AwsChunkedOptions): AsyncGenerator<Buffer> {
  const { signatures } = options;
  for (let header = await readHeader(reader); ; header = await readHeader(reader)) {
    for (let left = header.sizeBytes; left > 0; ) {
      const piece = await reader.piece(left);
      left -= piece.length;
      signatures?.update(piece);
      yield piece;
    }
    signatures?.endChunk(header.signature);
    if (header.sizeBytes === 0) break;
    await readChunkEnd(reader);
  }
  await readTrailers(reader, options);
}

interface ChunkHeader {
  readonly sizeBytes: number;
  readonly signature: string | undefined;
}

async function readHeader(reader: ByteReader): Promise<ChunkHeader> {
  const line = await reader.line(MAX_LINE_BYTES);
  const [, size, signature] = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line) ?? [];
  if (size === undefined) throw new S3Error('IncompleteBody', { message: 'A chunk of the body has no valid header.' });
  return { sizeBytes: Number.parseInt(size, 16), signature };
}

async function readChunkEnd(reader: ByteReader): Promise<void> {
  if ((await reader.line(MAX_LINE_BYTES)) === '') return;
  throw new S3Error('IncompleteBody', { message: 'A chunk of the body is longer than its header says.' });
}

async function readTrailers(reader: ByteReader, { signatures, onTrailer }: AwsChunkedOptions): Promise<void> {
  const lines: string[] = [];
  for (let line = await reader.line(MAX_LINE_BYTES); line !== ''; line = await reader.line(MAX_LINE_BYTES)) {
    if (lines.length === MAX_TRAILERS) throw new S3Error('MalformedTrailerError');
    // The S3 API page ends a trailer with a line feed before the CRLF, and some clients do.
    lines.push(line.trimEnd());
  }
  const trailers = lines.map(parseTrailer);
  const signature = trailers.find(([name]) => name === SIGNATURE_TRAILER)?.[1];
  const signed = trailers.filter(([name]) => name !== SIGNATURE_TRAILER);
  if (signed.length > 0) {
    const text = signed.map((trailer) => trailer.join(':'));
    signatures?.endTrailer(text, signature);
  }
  for (const trailer of signed) onTrailer(...trailer);
}

const SIGNATURE_TRAILER = 'x-amz-trailer-signature';

function parseTrailer(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0) throw new S3Error('MalformedTrailerError');
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}
