import { createHash, timingSafeEqual } from 'node:crypto';
import type { Access, Principal } from './access.ts';
import { percentEncode, percentEncodePath, type RequestTarget } from './request-target.ts';
import { hmac, signingKeyOf } from './signing-keys.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** IAM user guide, "Elements of an AWS API request signature": the request must arrive within 15 minutes. */
const MAX_SKEW_MS = 15 * 60 * 1000;
/** S3 API, "Authenticating Requests: Using Query Parameters": X-Amz-Expires is at most seven days. */
const MAX_EXPIRES_SECONDS = 7 * 24 * 60 * 60;

export interface SignedRequest {
  readonly method: string;
  readonly target: RequestTarget;
  /** Names in lower case, each with its values in their order (IncomingMessage.headersDistinct). */
  readonly headers: Readonly<NodeJS.Dict<string[]>>;
}

export interface VerifyOptions {
  readonly access: Access;
  /** The service in the credential scope: `s3`, `sqs` … */
  readonly service: string;
  /** What the signature covers of the body: its SHA-256 in hex, or one of S3's words such as UNSIGNED-PAYLOAD. */
  readonly payloadHash: string;
  readonly now: Date;
}

/** Who signed, and what the signatures of the body's chunks follow from. */
export interface Authentication {
  readonly principal: Principal;
  readonly signingKey: Buffer;
  /** As in x-amz-date: 20260102T030405Z. */
  readonly timestamp: string;
  readonly scope: string;
  readonly signature: string;
}

export type SignatureFault =
  | 'anonymous'
  | 'unsupported'
  | 'malformed'
  | 'unsigned-headers'
  | 'unknown-key'
  | 'skewed'
  | 'not-yet-valid'
  | 'expired'
  | 'mismatch';

/** Why a request was not accepted; each protocol has its own code for each fault. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';
  readonly fault: SignatureFault;

  constructor(fault: SignatureFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

interface ClaimedSignature {
  readonly accessKeyId: string;
  /** `20260102/us-east-1/s3/aws4_request` */
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly timestamp: string;
  /** Only in a presigned URL. */
  readonly expiresSeconds?: number;
}

/** Whether the signature is in the query (presigned) and not in the Authorization header. */
export function isPresigned(target: RequestTarget): boolean {
  return parameter(target, 'X-Amz-Algorithm') !== undefined;
}

/**
 * Checks Signature Version 4, in the header or in the query of a presigned URL (IAM user guide, "Create a signed AWS
 * API request").
 * @throws SignatureError
 */
export function verifySignature(request: SignedRequest, options: VerifyOptions): Authentication {
  const claimed = claim(request);
  const principal = options.access.principal(claimed.accessKeyId);
  if (principal === undefined) {
    throw new SignatureError('unknown-key', `Unknown access key: ${claimed.accessKeyId}.`);
  }
  checkScope(claimed, options.service);
  checkTime(claimed, options.now);
  checkSignedHeaders(claimed, request.headers);
  const signingKey = signingKeyOf(principal, claimed.scope);
  const canonical = canonicalRequest(request, claimed.signedHeaders, options.payloadHash);
  const text = [ALGORITHM, claimed.timestamp, claimed.scope, sha256(canonical)].join('\n');
  if (!signatureMatches(signingKey, text, claimed.signature)) {
    throw new SignatureError('mismatch', 'The signature is not the one that the secret access key gives.');
  }
  const { timestamp, scope, signature } = claimed;
  return { principal, signingKey, timestamp, scope, signature };
}

export function signatureMatches(signingKey: Buffer, stringToSign: string, claimed: string): boolean {
  const expected = hmac(signingKey, stringToSign);
  const given = Buffer.from(claimed, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function claim({ target, headers }: SignedRequest): ClaimedSignature {
  if (parameter(target, 'AWSAccessKeyId') !== undefined) throw unsupported();
  return isPresigned(target) ? claimInQuery(target) : claimInHeader(headers);
}

/** Such as version 2, with which some clients still presign at an endpoint that is not of AWS. */
function unsupported(): SignatureError {
  const message = `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`;
  return new SignatureError('unsupported', message);
}

function claimInHeader(headers: SignedRequest['headers']): ClaimedSignature {
  const authorization = headers.authorization?.[0];
  if (authorization === undefined) throw new SignatureError('anonymous', 'The request is not signed.');
  if (!authorization.startsWith(`${ALGORITHM} `)) throw unsupported();
  const parts = new Map(
    authorization
      .slice(ALGORITHM.length)
      .split(',')
      .map((part) => part.trim().split(/=(.*)/s, 2) as [string, string | undefined]),
  );
  const timestamp = headers['x-amz-date']?.[0] ?? timestampOf(headers.date?.[0]);
  return {
    ...splitCredential(parts.get('Credential')),
    signedHeaders: required(parts.get('SignedHeaders'), 'SignedHeaders').split(';'),
    signature: required(parts.get('Signature'), 'Signature'),
    timestamp: required(timestamp, 'x-amz-date'),
  };
}

function claimInQuery(target: RequestTarget): ClaimedSignature {
  if (parameter(target, 'X-Amz-Algorithm') !== ALGORITHM) throw unsupported();
  const given = (name: string) => required(parameter(target, name), name);
  const expiresSeconds = Number(given('X-Amz-Expires'));
  if (!(expiresSeconds >= 1 && expiresSeconds <= MAX_EXPIRES_SECONDS)) {
    throw new SignatureError('malformed', `X-Amz-Expires must be between 1 and ${MAX_EXPIRES_SECONDS} seconds.`);
  }
  return {
    ...splitCredential(given('X-Amz-Credential')),
    signedHeaders: given('X-Amz-SignedHeaders').split(';'),
    signature: given('X-Amz-Signature'),
    timestamp: given('X-Amz-Date'),
    expiresSeconds,
  };
}

function splitCredential(credential: string | undefined): { accessKeyId: string; scope: string } {
  const [, accessKeyId, scope] = /^(.+?)\/(\d{8}\/[^/]+\/[^/]+\/aws4_request)$/.exec(credential ?? '') ?? [];
  return { accessKeyId: required(accessKeyId, 'Credential'), scope: required(scope, 'Credential') };
}

function checkScope({ scope, timestamp }: ClaimedSignature, service: string): void {
  const [date, , scopeService] = scope.split('/');
  if (scopeService !== service) throw new SignatureError('malformed', `The credential is for ${scopeService}.`);
  if (date !== timestamp.slice(0, 8))
    throw new SignatureError('malformed', 'Credential and x-amz-date differ in date.');
}

function checkTime({ timestamp, expiresSeconds }: ClaimedSignature, now: Date): void {
  const ageMs = now.getTime() - instantOf(timestamp).getTime();
  if (expiresSeconds === undefined) {
    if (Math.abs(ageMs) <= MAX_SKEW_MS) return;
    throw new SignatureError('skewed', 'The difference between the request time and the current time is too large.');
  }
  if (ageMs < -MAX_SKEW_MS) throw new SignatureError('not-yet-valid', 'Request is not yet valid');
  if (ageMs > expiresSeconds * 1000) throw new SignatureError('expired', 'Request has expired');
}

/** An x-amz- header that is not signed could be put in by anyone on the way. */
function checkSignedHeaders({ signedHeaders }: ClaimedSignature, headers: SignedRequest['headers']): void {
  const mustBeSigned = (name: string) =>
    name === 'host' || (name.startsWith('x-amz-') && name !== 'x-amz-content-sha256');
  const unsigned = Object.keys(headers).filter((name) => mustBeSigned(name) && !signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw new SignatureError('unsigned-headers', `Headers of the request were not signed: ${unsigned.join(', ')}.`);
  }
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[], payloadHash: string): string {
  const headerLines = signedHeaders.map((name) => `${name}:${canonicalValue(request.headers[name])}\n`);
  return [
    request.method,
    percentEncodePath(request.target.path),
    canonicalQuery(request.target),
    headerLines.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

function canonicalValue(values: readonly string[] = []): string {
  return values.map((value) => value.trim().replace(/ +/g, ' ')).join(',');
}

function canonicalQuery(target: RequestTarget): string {
  return target.query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Header values arrive as one character per byte, and all else of a canonical request is ASCII. */
function sha256(canonical: string): string {
  return createHash('sha256').update(canonical, 'latin1').digest('hex');
}

function parameter(target: RequestTarget, name: string): string | undefined {
  return target.query.find(([it]) => it === name)?.[1];
}

function instantOf(timestamp: string): Date {
  const [, year, month, day, hours, minutes, seconds] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp) ?? [];
  const instant = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  if (Number.isNaN(instant.getTime())) throw new SignatureError('malformed', `"${timestamp}" is not an x-amz-date.`);
  return instant;
}

function timestampOf(httpDate: string | undefined): string | undefined {
  const instant = new Date(httpDate ?? Number.NaN);
  if (Number.isNaN(instant.getTime())) return undefined;
  return instant.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new SignatureError('malformed', `${name} is missing or malformed.`);
  return value;
}
