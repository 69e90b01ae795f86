import { createHash } from 'node:crypto';
import { type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { ReceiptAlgorithm, ReceiptSigner } from '../model/receipt.ts';
import { awsUnavailable } from './aws-errors.ts';

/**
 * Signs with an asymmetric key of AWS KMS. It gets the digest, because it takes messages of up to 4,096 bytes only (AWS KMS
 * API reference, "Sign"). Fails with `aws-unavailable`.
 */
export function kmsSigner(client: KMSClient, keyId: string, algorithm: ReceiptAlgorithm): ReceiptSigner {
  return {
    keyId,
    async sign(bytes) {
      const Message = createHash('sha256').update(bytes).digest();
      const command = { KeyId: keyId, Message, MessageType: 'DIGEST', SigningAlgorithm: algorithm } as const;
      try {
        const { Signature: signature = new Uint8Array() } = await client.send(new SignCommand(command));
        return Buffer.from(signature);
      } catch (cause) {
        throw awsUnavailable(`The key ${keyId} of AWS KMS did not sign the receipt`, cause);
      }
    },
  };
}
