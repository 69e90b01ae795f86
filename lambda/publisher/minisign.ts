/** Signatures of minisign: Ed25519 over the file, or over its BLAKE2b-512 (https://jedisct1.github.io/minisign/). */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { ImageDropError } from '../model/errors.ts';
import { type KeyFile, NO_MATCH, unknownKey, type Verdict } from './verdict.ts';

/** The first line of keys and of signatures. */
const COMMENT = 'untrusted comment: ';
const TRUSTED = 'trusted comment: ';

const ALGORITHM_BYTES = 2;
const ID_BYTES = 8;
const HEAD_BYTES = ALGORITHM_BYTES + ID_BYTES;
const KEY_BYTES = HEAD_BYTES + 32;
const SIGNATURE_BYTES = HEAD_BYTES + 64;

export interface MinisignKey {
  readonly id: Buffer;
  readonly publicKey: KeyObject;
  /** Base64, as `minisign -P` takes it. */
  readonly text: string;
  readonly comment: string;
}

/** Whether a key or a signature is one of minisign, by its beginning. */
export const isMinisign = (bytes: Buffer): boolean => bytes.toString('latin1', 0, COMMENT.length) === COMMENT;

/** @throws `bad-setting` */
export function minisignKey({ name, bytes }: KeyFile): MinisignKey {
  const [comment = '', text = ''] = linesOf(bytes);
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES || key.toString('latin1', 0, ALGORITHM_BYTES) !== 'Ed') {
    throw new ImageDropError('bad-setting', `${name} in publisherKeys is not a public key of minisign.`);
  }
  const x = key.subarray(HEAD_BYTES).toString('base64url');
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
  return { id: key.subarray(ALGORITHM_BYTES, HEAD_BYTES), publicKey, text, comment: comment.slice(COMMENT.length) };
}

/**
 * The verdict on a signature, which covers its trusted comment, too.
 * @throws `bad-metadata` where it cannot be read
 */
export function minisignVerdict(signature: Buffer, signed: Buffer, keys: readonly MinisignKey[]): Verdict {
  const [, text = '', comment = '', whole = ''] = linesOf(signature);
  const bytes = Buffer.from(text, 'base64');
  const algorithm = bytes.toString('latin1', 0, ALGORITHM_BYTES);
  if (bytes.length !== SIGNATURE_BYTES || !/^E[dD]$/.test(algorithm) || !comment.startsWith(TRUSTED)) {
    throw new ImageDropError('bad-metadata', 'It is not a signature of minisign.');
  }
  const id = bytes.subarray(ALGORITHM_BYTES, HEAD_BYTES);
  const key = keys.find((each) => each.id.equals(id));
  // minisign shows the id as a number, whose bytes are stored in little-endian order.
  if (key === undefined) return unknownKey(Buffer.from(id).reverse().toString('hex'));
  const ofFile = bytes.subarray(HEAD_BYTES);
  const content = algorithm === 'ED' ? createHash('blake2b512').update(signed).digest() : signed;
  const ofComment = Buffer.concat([ofFile, Buffer.from(comment.slice(TRUSTED.length))]);
  const isValid =
    verify(null, content, key.publicKey, ofFile) &&
    verify(null, ofComment, key.publicKey, Buffer.from(whole, 'base64'));
  const { text: name, comment: by } = key;
  return isValid ? { outcome: 'valid', key: name, by } : { outcome: 'signature-invalid', key: name, reason: NO_MATCH };
}

const linesOf = (bytes: Buffer): readonly string[] => bytes.toString('utf8').split(/\r?\n/);
