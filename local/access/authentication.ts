import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsFault } from '../services/aws-fault.ts';
import type { Access, Principal } from './access.ts';
import { parseTarget } from './request-target.ts';
import { SignatureError, type SignatureFault, verifySignature } from './sigv4.ts';

/**
 * Who signed a request whose body is whole.
 * @param service as in the credential scope: `sqs`, `sns`, `secretsmanager`
 * @throws AwsFault in the words of the IAM user guide, "Common errors"
 */
export function authenticate(request: IncomingMessage, body: Buffer, service: string, access: Access): Principal {
  const { method = '', url = '', headersDistinct: headers } = request;
  const payloadHash = createHash('sha256').update(body).digest('hex');
  try {
    const signed = { method, target: parseTarget(url), headers };
    return verifySignature(signed, { access, service, payloadHash, now: new Date() }).principal;
  } catch (error) {
    if (error instanceof SignatureError) throw new AwsFault(codeOf(error.fault), error.message, 403);
    throw error;
  }
}

function codeOf(fault: SignatureFault): string {
  if (fault === 'anonymous') return 'MissingAuthenticationToken';
  if (fault === 'unknown-key') return 'InvalidClientTokenId';
  if (fault === 'mismatch') return 'SignatureDoesNotMatch';
  return 'IncompleteSignature';
}
