/** OpenPGP signatures (RFC 9580), by the library openpgp, which is loaded when the first signature is seen. */
import type { Key, VerifyMessageResult } from 'openpgp';
import { ImageDropError, messageOf } from '../model/errors.ts';
import { type KeyFile, NO_MATCH, unknownKey, type Verdict } from './verdict.ts';

const ARMOR = '-----BEGIN PGP ';
/** Publishers sign by one key or two. Each costs a computation, and droppers write these files. */
const MAX_SIGNATURES = 16;
const KEY_BLOCK = /-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g;

export interface OpenPgp {
  /** Of each signature in a detached one. */
  detached(signature: Buffer, signed: Buffer): Promise<readonly Verdict[]>;
  /** Of each signature of a clearsigned file, with the text that they are of. */
  clearsigned(file: Buffer): Promise<{ readonly verdicts: readonly Verdict[]; readonly text: string }>;
}

/** @param now the time at which signatures have to be valid */
export async function openPgp(files: readonly KeyFile[], now: () => Date): Promise<OpenPgp> {
  const pgp = await import('openpgp');
  const keys = (await Promise.all(files.map((file) => keysIn(file, pgp)))).flat();
  const verdicts = (results: readonly VerificationResult[]) =>
    Promise.all(results.map((result) => verdictOf(result, keys)));
  return {
    async detached(bytes, signed) {
      const signature = bytes.includes(ARMOR)
        ? await pgp.readSignature({ armoredSignature: bytes.toString('latin1') })
        : await pgp.readSignature({ binarySignature: bytes });
      requireFew(signature);
      const message = await pgp.createMessage({ binary: new Uint8Array(signed) });
      const asked = { message, signature, verificationKeys: keys, date: now(), format: 'binary' as const };
      return verdicts((await pgp.verify(asked)).signatures);
    },
    async clearsigned(file) {
      const message = await pgp.readCleartextMessage({ cleartextMessage: file.toString('utf8') });
      requireFew(message);
      const { signatures } = await pgp.verify({ message, verificationKeys: keys, date: now() });
      return { verdicts: await verdicts(signatures), text: message.getText() };
    },
  };
}

function requireFew(signed: { getSigningKeyIDs(): readonly unknown[] }): void {
  const count = signed.getSigningKeyIDs().length;
  if (count <= MAX_SIGNATURES) return;
  throw new ImageDropError('bad-metadata', `It has ${count} signatures; up to ${MAX_SIGNATURES} are read.`);
}

type Library = typeof import('openpgp');
type VerificationResult = VerifyMessageResult['signatures'][number];

/** A file may hold several keys, in one block or in several. @throws `bad-setting` */
async function keysIn({ name, bytes }: KeyFile, pgp: Library): Promise<readonly Key[]> {
  try {
    if (!bytes.includes(ARMOR)) return await pgp.readKeys({ binaryKeys: bytes });
    const blocks = bytes.toString('latin1').match(KEY_BLOCK) ?? [];
    return (await Promise.all(blocks.map((armoredKeys) => pgp.readKeys({ armoredKeys })))).flat();
  } catch (cause) {
    const message = `${name} in publisherKeys is not a public key that can be read: ${messageOf(cause)}`;
    throw new ImageDropError('bad-setting', message, { cause });
  }
}

/** Errors of the library that mean: the signature does not match. All others concern the key or its age. */
const OTHER_BYTES = /digest did not match|verification failed|algorithm used to sign signature does not match/;

async function verdictOf({ keyID, verified }: VerificationResult, keys: readonly Key[]): Promise<Verdict> {
  const known = keys.find((each) => each.getKeys(keyID).length > 0);
  if (known === undefined) return unknownKey(keyID.toHex());
  const key = known.getFingerprint().toUpperCase();
  try {
    await verified;
    return { outcome: 'valid', key, by: known.getUserIDs()[0] ?? '' };
  } catch (error) {
    const words = messageOf(error);
    if (OTHER_BYTES.test(words)) return { outcome: 'signature-invalid', key, reason: NO_MATCH };
    return { outcome: 'signature-not-accepted', key, reason: `${words}.` };
  }
}
