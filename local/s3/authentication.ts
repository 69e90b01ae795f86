import type { Access } from '../access/access.ts';
import { type Authentication, SignatureError, type SignatureFault, verifySignature } from '../access/sigv4.ts';
import { S3Error, type S3ErrorCode } from './errors.ts';
import type { S3Request } from './request.ts';

const CODES: Readonly<Record<SignatureFault, S3ErrorCode>> = {
  anonymous: 'AccessDenied',
  unsupported: 'InvalidRequest',
  malformed: 'AuthorizationHeaderMalformed',
  'unsigned-headers': 'AccessDenied',
  'unknown-key': 'InvalidAccessKeyId',
  skewed: 'RequestTimeTooSkewed',
  'not-yet-valid': 'AccessDenied',
  expired: 'AccessDenied',
  mismatch: 'SignatureDoesNotMatch',
};

/**
 * Who signed the request. That the body is what was signed shows when it has been read; see body.ts.
 * @throws S3Error
 */
export function authenticate(request: S3Request, access: Access, now: Date): Authentication {
  try {
    return verifySignature(request, { access, service: 's3', payloadHash: payloadHash(request), now });
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    const inQuery = request.presigned && error.fault === 'malformed';
    throw new S3Error(inQuery ? 'AuthorizationQueryParametersError' : CODES[error.fault], { message: error.message });
  }
}

function payloadHash(request: S3Request): string {
  const given = request.header('x-amz-content-sha256');
  if (given !== undefined) return given;
  if (request.presigned || request.header('authorization') === undefined) return 'UNSIGNED-PAYLOAD';
  throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: x-amz-content-sha256' });
}
