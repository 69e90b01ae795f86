import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, checksumAlgorithm, checksumHeader } from './checksums.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

/** What the headers say of the body that follows. */
export interface BodyClaims {
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

/** Values of x-amz-content-sha256 that are no hash (S3 API, "Common request headers"). */
const ENCODINGS: Readonly<Record<string, BodyClaims['encoding']>> = {
  'UNSIGNED-PAYLOAD': 'plain',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': 'chunks',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': 'signed-chunks',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': 'signed-chunks',
};

/** @throws MissingContentLength, InvalidDigest, InvalidRequest, NotImplemented */
export function readBodyClaims(request: S3Request): BodyClaims {
  const hash = request.header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  const encoding = ENCODINGS[hash];
  const isSha256 = /^[0-9a-f]{64}$/i.test(hash);
  if (encoding === undefined && !isSha256) {
    throw new S3Error('InvalidRequest', {
      message: `"${hash}" is no value of x-amz-content-sha256 that is known here.`,
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
