import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { type Envelope, signedBytes } from '../../lambda/model/receipt.ts';
import { failed, ok, skipped, type Verdict, warning } from '../doctor/finding.ts';
import { WrongUse } from '../terminal/exit-codes.ts';

/** The key that receipts must be signed by. It never comes from the receipt, which can be changed to name another key. */
export interface ReceiptKey {
  /** As people know it: an ARN, or the path of a file. */
  readonly name: string;
  load(): Promise<KeyObject>;
}

/** @throws WrongUse where the file holds no public key */
export async function keyInFile(path: string): Promise<ReceiptKey> {
  try {
    const key = createPublicKey(await readFile(path));
    return { name: path, load: async () => key };
  } catch (error) {
    throw new WrongUse(`--key names ${path}, which is not the PEM file of a public key: ${(error as Error).message}.`);
  }
}

/** The key of a stack's settings. */
export const keyInKms = (arn: string): ReceiptKey => ({
  name: arn,
  async load() {
    const client = new KMSClient();
    try {
      const { PublicKey: bytes = new Uint8Array() } = await client.send(new GetPublicKeyCommand({ KeyId: arn }));
      return createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' });
    } finally {
      client.destroy();
    }
  },
});

const NOT_TRUSTED =
  'Do not rely on the receipt: it is from before the stack had this key, or somebody replaced it. Compare its earlier versions in the status bucket.';

/**
 * Whether a receipt is signed as it should be.
 * @param envelope undefined: it is not signed
 * @param key undefined: receipts need no signature
 */
export async function signatureVerdict(envelope: Envelope | undefined, key: ReceiptKey | undefined): Promise<Verdict> {
  if (key === undefined && envelope === undefined) return skipped('The receipt is not signed.');
  if (envelope === undefined) return failed(`The receipt is not signed by ${key?.name}.`, NOT_TRUSTED);
  if (key === undefined) {
    const names = envelope.signatures.map(({ keyid }) => keyid).join(', ');
    return warning(`Signed by ${names}, but the stack has no receipt key.`, 'Give the public key: --key PUBLIC.pem.');
  }
  const publicKey = await key.load();
  const bytes = signedBytes(Buffer.from(envelope.payload, 'base64'));
  const isSigned = envelope.signatures.some(({ sig }) => fits(bytes, Buffer.from(sig, 'base64'), publicKey));
  return isSigned ? ok(`signed by ${key.name}`) : failed(`No signature of ${key.name} fits the receipt.`, NOT_TRUSTED);
}

/** The receipt does not say by which of the RSA algorithms it was signed. */
const RSA_PADDINGS = [constants.RSA_PKCS1_PADDING, constants.RSA_PKCS1_PSS_PADDING];

function fits(bytes: Buffer, signature: Buffer, key: KeyObject): boolean {
  if (key.asymmetricKeyType !== 'rsa') return verify('sha256', bytes, key, signature);
  return RSA_PADDINGS.some((padding) => verify('sha256', bytes, { key, padding }, signature));
}
