import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import * as openpgp from 'openpgp';
import { generateKey, type PrivateKey, readKey, readPrivateKey } from 'openpgp';
import type { ChecksumFile } from '../../lambda/publisher/checksum-file.ts';
import type { KeyFile } from '../../lambda/publisher/verdict.ts';
import type { ChecksumLayout } from './checksum-layouts.ts';

/** A publisher with an OpenPGP key. */
export interface Publisher {
  readonly key: PrivateKey;
  /** Its public key as a file of publisherKeys. */
  readonly file: KeyFile;
  readonly fingerprint: string;
  readonly by: string;
}

type KeyTimes = { readonly date?: Date; readonly keyExpirationTime?: number };

export async function newPublisher(name: string, times: KeyTimes = {}): Promise<Publisher> {
  const userIDs = [{ name, email: `${name}@example.org` }];
  const made = await generateKey({ userIDs, format: 'armored', ...times });
  const key = await readPrivateKey({ armoredKey: made.privateKey });
  const file = { name: `keys/${name}.asc`, bytes: Buffer.from(made.publicKey) };
  const by = `${name} <${name}@example.org>`;
  return { key, file, fingerprint: key.getFingerprint().toUpperCase(), by };
}

/** The same publisher with its key revoked. */
export async function revoked({ key, file, ...rest }: Publisher): Promise<Publisher> {
  const { publicKey } = await openpgp.revokeKey({ key, format: 'armored' });
  await readKey({ armoredKey: publicKey });
  return { ...rest, key, file: { ...file, bytes: Buffer.from(publicKey) } };
}

interface Signing {
  readonly armored?: boolean;
  readonly date?: Date;
}

export async function detached(
  text: Buffer | string,
  by: Publisher | readonly Publisher[],
  { armored = true, date = new Date() }: Signing = {},
): Promise<Buffer> {
  const message = await openpgp.createMessage({ binary: new Uint8Array(Buffer.from(text)) });
  const signingKeys = [by].flat().map(({ key }) => key);
  const asked = { message, signingKeys, detached: true as const, date };
  if (armored) return Buffer.from(await openpgp.sign({ ...asked, format: 'armored' }));
  return Buffer.from(await openpgp.sign({ ...asked, format: 'binary' }));
}

export async function clearsigned(text: string, { key }: Publisher): Promise<Buffer> {
  const message = await openpgp.createCleartextMessage({ text });
  return Buffer.from(await openpgp.sign({ message, signingKeys: key }));
}

/** The files of a publisher in its own layout: the list, and the signature where it is a file of its own. */
export async function signedFiles(
  layout: ChecksumLayout,
  image: Buffer,
  by: Publisher,
): Promise<Record<string, Buffer>> {
  const { name, text, list = text, signature } = layout;
  const { form, ending } = signature;
  const plain = list(image);
  const signed =
    form === 'clearsigned' ? await clearsigned(plain, by) : await detached(plain, by, { armored: form === 'armored' });
  return ending === undefined ? { [name]: signed } : { [name]: Buffer.from(plain), [`${name}${ending}`]: signed };
}

export function checksumFile(name: string, content: Buffer | string): ChecksumFile {
  const bytes = Buffer.from(content);
  return { name, size: bytes.length, bytes };
}

/** A minisign key. */
export function newMinisign(comment = 'minisign public key of a test') {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const id = randomBytes(8);
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const text = Buffer.concat([Buffer.from('Ed'), id, Buffer.from(x, 'base64url')]).toString('base64');
  const file = { name: 'keys/test.pub', bytes: Buffer.from(`untrusted comment: ${comment}\n${text}\n`) };
  /** @param algorithm `ED` signs the hash, `Ed` the file itself */
  const signatureOf = (content: Buffer | string, algorithm = 'ED', trusted = 'timestamp:1 file:SHA256SUMS'): Buffer => {
    const signed = Buffer.from(content);
    const hashed = algorithm === 'ED' ? createHash('blake2b512').update(signed).digest() : signed;
    const ofFile = sign(null, hashed, privateKey);
    const whole = sign(null, Buffer.concat([ofFile, Buffer.from(trusted)]), privateKey);
    const head = Buffer.concat([Buffer.from(algorithm), id, ofFile]).toString('base64');
    const lines = ['untrusted comment: signature', head, `trusted comment: ${trusted}`, whole.toString('base64'), ''];
    return Buffer.from(lines.join('\n'));
  };
  return { file, key: text, by: comment, signatureOf };
}
