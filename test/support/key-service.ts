import { constants, generateKeyPairSync, privateEncrypt } from 'node:crypto';
import { answer, bodyOf, serve } from './http-server.ts';

/** Stands before a digest in a signature (RFC 8017 section 9.2, note 1). */
const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** AWS KMS with one RSA key, in its JSON protocol. It signs by RSASSA_PKCS1_V1_5_SHA_256. */
export class KeyService {
  readonly asked: unknown[] = [];
  readonly #pair = generateKeyPairSync('rsa', { modulusLength: 2048 });

  get publicPem(): string {
    return this.#pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  sign(digest: Buffer): Buffer {
    const key = { key: this.#pair.privateKey, padding: constants.RSA_PKCS1_PADDING };
    return privateEncrypt(key, Buffer.concat([SHA256_INFO, digest]));
  }

  /** @param refusal the error that it answers with. @returns its address until the test is over */
  start(refusal?: string): Promise<string> {
    return serve(async (request, response) => {
      const command = JSON.parse(await bodyOf(request));
      this.asked.push([request.headers['x-amz-target'], command]);
      const type = { 'content-type': 'application/x-amz-json-1.1' };
      if (refusal !== undefined) answer(response, 400, { __type: refusal, message: 'words' }, type);
      else answer(response, 200, this.#answerTo(command), type);
    });
  }

  #answerTo({ KeyId, Message }: { readonly KeyId: string; readonly Message?: string }) {
    if (Message !== undefined)
      return { KeyId, Signature: this.sign(Buffer.from(Message, 'base64')).toString('base64') };
    return { KeyId, PublicKey: this.#pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64') };
  }
}
