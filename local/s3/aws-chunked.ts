import { createHash, type Hash } from 'node:crypto';
import { type Authentication, signatureMatches } from '../access/sigv4.ts';
import { S3Error } from './errors.ts';

/** "10000;chunk-signature=" and 64 digits are 90 bytes; a trailer with a checksum is less than 200. */
const MAX_LINE_BYTES = 1024;
/** S3 takes no more trailers than checksum and signature; the bound keeps memory constant. */
const MAX_TRAILERS = 10;

export interface AwsChunkedOptions {
  /** Absent where the chunks are not signed. */
  readonly signatures?: ChunkSignatures | undefined;
  /** Called for each trailer, name in lower case, when the whole body was read. */
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

/** Reads lines and pieces of known length from a stream, however it is cut into chunks. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** At least one and at most `maxBytes`, as they come. */
  async piece(maxBytes: number): Promise<Buffer> {
    while (this.#rest.length === 0) this.#rest = await this.#next();
    const piece = this.#rest.subarray(0, maxBytes);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /**
   * Up to CRLF, which is dropped.
   * @throws IncompleteBody when the line is longer than `maxBytes`
   */
  async line(maxBytes: number): Promise<string> {
    let end = this.#rest.indexOf('\r\n');
    while (end < 0) {
      if (this.#rest.length > maxBytes) throw incomplete('a line of the chunked body is too long');
      this.#rest = Buffer.concat([this.#rest, await this.#next()]);
      end = this.#rest.indexOf('\r\n');
    }
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  /** Lets go of the stream at any position. */
  async release(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #next(): Promise<Buffer> {
    const next = await this.#chunks.next();
    if (next.done) throw incomplete('the chunked body ends early');
    return next.value;
  }
}

function incomplete(what: string): S3Error {
  return new S3Error('IncompleteBody', { message: `The request body is malformed: ${what}.` });
}

const SHA256_OF_NOTHING = createHash('sha256').digest('hex');

/**
 * The chain of signatures of a STREAMING-AWS4-HMAC-SHA256-PAYLOAD body: each covers its chunk and the signature before
 * it, the first one that of the headers (S3 API, "Signature calculations for the Authorization header: transferring
 * payload in multiple chunks").
 */
export class ChunkSignatures {
  readonly #seed: Authentication;
  #previous: string;
  #hash: Hash = createHash('sha256');

  constructor(seed: Authentication) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  /** Takes bytes of the present chunk. */
  update(piece: Buffer): void {
    this.#hash.update(piece);
  }

  /** @throws SignatureDoesNotMatch */
  endChunk(signature: string | undefined): void {
    this.#check('AWS4-HMAC-SHA256-PAYLOAD', [SHA256_OF_NOTHING, this.#hash.digest('hex')], signature);
    this.#hash = createHash('sha256');
  }

  /** @throws SignatureDoesNotMatch */
  endTrailer(lines: readonly string[], signature: string | undefined): void {
    const trailer = lines.map((line) => `${line}\n`).join('');
    this.#check('AWS4-HMAC-SHA256-TRAILER', [createHash('sha256').update(trailer).digest('hex')], signature);
  }

  #check(algorithm: string, hashes: readonly string[], signature = ''): void {
    const { timestamp, scope, signingKey } = this.#seed;
    const text = [algorithm, timestamp, scope, this.#previous, ...hashes].join('\n');
    if (!signatureMatches(signingKey, text, signature)) throw new S3Error('SignatureDoesNotMatch');
    this.#previous = signature;
  }
}
