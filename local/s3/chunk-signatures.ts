import { createHash, type Hash } from 'node:crypto';
import { type Authentication, signatureMatches } from '../access/sigv4.ts';
import { S3Error } from './errors.ts';

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
