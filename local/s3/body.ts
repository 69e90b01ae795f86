import { createHash, type Hash } from 'node:crypto';
import type { Authentication } from '../access/sigv4.ts';
import { ChunkSignatures, decodeAwsChunked } from './aws-chunked.ts';
import {
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  checksumAlgorithm,
  checksumHeader,
  createChecksum,
} from './checksums.ts';
import type { Checksum } from './crc.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

/** The largest request document: DeleteObjects with 1,000 keys of 1,024 bytes, escaped. */
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** The checksum of a body, computed and, where the client gave one, compared. */
export interface BodyChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64. */
  readonly value: string;
}

export interface BodyOptions {
  /** A checksum that is wanted even if the client sends none. */
  readonly computed?: ChecksumAlgorithm | undefined;
  /** Whether the checksum in the headers is that of another thing than the body. @default false */
  readonly foreignChecksum?: boolean;
}

/** The content of a request: decoded and, when it has been read to its end, known to be what the client meant. */
export class RequestBody implements AsyncIterable<Buffer> {
  readonly #request: S3Request;
  readonly #signer: Authentication;
  readonly #claims: BodyClaims;
  readonly #md5 = createHash('md5');
  readonly #sha256: Hash | undefined;
  readonly #checksum: { readonly algorithm: ChecksumAlgorithm; readonly running: Checksum } | undefined;
  #claimedChecksum: string | undefined;
  #sizeBytes = 0;
  #result: { readonly md5: Buffer; readonly checksum: BodyChecksum | undefined } | undefined;

  /** @throws MissingContentLength, InvalidDigest, InvalidRequest */
  constructor(request: S3Request, signer: Authentication, { computed, foreignChecksum = false }: BodyOptions = {}) {
    this.#request = request;
    this.#signer = signer;
    this.#claims = readBodyClaims(request);
    this.#sha256 = this.#claims.sha256 === undefined ? undefined : createHash('sha256');
    const claimed = foreignChecksum ? undefined : this.#claims.checksum;
    const algorithm = claimed?.algorithm ?? this.#claims.trailingChecksum ?? computed;
    this.#checksum = algorithm && { algorithm, running: createChecksum(algorithm) };
    this.#claimedChecksum = claimed?.value;
  }

  /** Bytes of the content, as the client announced them. */
  get announcedBytes(): number {
    return this.#claims.sizeBytes;
  }

  get md5(): Buffer {
    return this.#complete.md5;
  }

  get checksum(): BodyChecksum | undefined {
    return this.#complete.checksum;
  }

  /** @throws BadDigest, XAmzContentSHA256Mismatch, IncompleteBody, SignatureDoesNotMatch, MalformedTrailerError */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for await (const chunk of this.#decoded()) {
      this.#sizeBytes += chunk.length;
      if (this.#sizeBytes > this.#claims.sizeBytes) throw new S3Error('IncompleteBody');
      this.#md5.update(chunk);
      this.#sha256?.update(chunk);
      this.#checksum?.running.update(chunk);
      yield chunk;
    }
    this.#verify();
  }

  /** The whole content as text, for the requests that carry a document. */
  async text(): Promise<string> {
    if (this.announcedBytes > MAX_DOCUMENT_BYTES) throw new S3Error('MalformedXML');
    const chunks: Buffer[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  get #complete() {
    if (this.#result === undefined) throw new Error('The body has not been read to its end.');
    return this.#result;
  }

  #decoded(): AsyncIterable<Buffer> {
    const wire = this.#request.wireBody();
    const { encoding } = this.#claims;
    if (encoding === 'plain') return wire;
    const signatures = encoding === 'signed-chunks' ? new ChunkSignatures(this.#signer) : undefined;
    return decodeAwsChunked(wire, { signatures, onTrailer: (name, value) => this.#takeTrailer(name, value) });
  }

  #takeTrailer(name: string, value: string): void {
    const announced = this.#claims.trailingChecksum;
    if (announced === undefined || checksumAlgorithm(name.replace('x-amz-checksum-', '')) !== announced) {
      throw new S3Error('MalformedTrailerError');
    }
    this.#claimedChecksum = value;
  }

  #verify(): void {
    const { md5, sha256, sizeBytes, trailingChecksum } = this.#claims;
    if (this.#sizeBytes !== sizeBytes) throw new S3Error('IncompleteBody');
    const computedMd5 = this.#md5.digest();
    if (md5 !== undefined && !md5.equals(computedMd5)) throw new S3Error('BadDigest');
    if (sha256 !== undefined && this.#sha256?.digest('hex') !== sha256) throw new S3Error('XAmzContentSHA256Mismatch');
    if (trailingChecksum !== undefined && this.#claimedChecksum === undefined)
      throw new S3Error('MalformedTrailerError');
    this.#result = { md5: computedMd5, checksum: this.#verifiedChecksum() };
  }

  #verifiedChecksum(): BodyChecksum | undefined {
    if (this.#checksum === undefined) return undefined;
    const { algorithm, running } = this.#checksum;
    const value = running.digest().toString('base64');
    if (this.#claimedChecksum === undefined || this.#claimedChecksum === value) return { algorithm, value };
    const message = `The ${algorithm} you specified did not match the calculated checksum.`;
    throw new S3Error('BadDigest', { message });
  }
}

/** What the headers say of the body that follows. */
interface BodyClaims {
  readonly encoding: 'plain' | 'chunks' | 'signed-chunks';
  /** Bytes of the content, without the encoding aws-chunked. */
  readonly sizeBytes: number;
  readonly md5: Buffer | undefined;
  /** Hex; absent where the client did not sign the content. */
  readonly sha256: string | undefined;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
  /** The checksum that comes behind the content. */
  readonly trailingChecksum: ChecksumAlgorithm | undefined;
}

/** Values of x-amz-content-sha256 that are not a hash (S3 API, "Common request headers"). */
const ENCODINGS: Readonly<Record<string, BodyClaims['encoding']>> = {
  'UNSIGNED-PAYLOAD': 'plain',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': 'chunks',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': 'signed-chunks',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': 'signed-chunks',
};

/** @throws MissingContentLength, InvalidDigest, InvalidRequest, NotImplemented */
function readBodyClaims(request: S3Request): BodyClaims {
  const hash = request.header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  const encoding = ENCODINGS[hash];
  const isSha256 = /^[0-9a-f]{64}$/i.test(hash);
  if (encoding === undefined && !isSha256) {
    throw new S3Error('InvalidRequest', {
      message: `"${hash}" is not a known value of x-amz-content-sha256.`,
    });
  }
  return {
    encoding: encoding ?? 'plain',
    sizeBytes: announcedSize(request, encoding ?? 'plain'),
    md5: announcedMd5(request),
    sha256: isSha256 ? hash.toLowerCase() : undefined,
    checksum: announcedChecksum(request),
    trailingChecksum: announcedTrailer(request),
  };
}

function announcedSize(request: S3Request, encoding: BodyClaims['encoding']): number {
  const length = request.header(encoding === 'plain' ? 'content-length' : 'x-amz-decoded-content-length');
  if (length === undefined || !/^\d+$/.test(length)) throw new S3Error('MissingContentLength');
  return Number(length);
}

function announcedMd5(request: S3Request): Buffer | undefined {
  // An empty one is not an absent one: S3 refuses it.
  const given = request.header('content-md5') ?? request.headers['content-md5']?.[0];
  if (given === undefined) return undefined;
  const digest = Buffer.from(given, 'base64');
  if (digest.length !== 16) throw new S3Error('InvalidDigest');
  return digest;
}

/** @throws InvalidRequest */
export function announcedChecksum(request: S3Request): BodyClaims['checksum'] {
  const given = CHECKSUM_ALGORITHMS.filter((it) => request.header(checksumHeader(it)) !== undefined);
  if (given.length > 1) {
    throw new S3Error('InvalidRequest', { message: 'Expecting a single x-amz-checksum- header.' });
  }
  return given.map((algorithm) => ({ algorithm, value: request.header(checksumHeader(algorithm)) ?? '' }))[0];
}

function announcedTrailer(request: S3Request): ChecksumAlgorithm | undefined {
  const trailer = request.header('x-amz-trailer')?.toLowerCase();
  if (trailer === undefined) return undefined;
  if (!trailer.startsWith('x-amz-checksum-')) throw new S3Error('MalformedTrailerError');
  return checksumAlgorithm(trailer.slice('x-amz-checksum-'.length));
}
