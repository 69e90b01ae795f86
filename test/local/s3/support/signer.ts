import { createHash, createHmac } from 'node:crypto';
import type { Principal } from '../../../../local/access/access.ts';

export interface Unsigned {
  readonly method: string;
  /** As it goes on the request line, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Signing {
  readonly principal: Principal;
  readonly now: Date;
  readonly payloadHash: string;
}

export interface SignedWith {
  readonly headers: Record<string, string>;
  readonly signature: string;
  readonly signingKey: Buffer;
  readonly timestamp: string;
  readonly scope: string;
}

/** Signature Version 4 in the Authorization header, written apart from the server's so that each checks the other. */
export function sign(request: Unsigned, { principal, now, payloadHash }: Signing): SignedWith {
  const timestamp = timestampOf(now);
  const scope = scopeOf(timestamp);
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': timestamp,
    'x-amz-content-sha256': payloadHash,
  };
  const names = Object.keys(headers).sort();
  const signingKey = keyOf(principal, scope);
  const signature = signatureOf({ ...request, headers }, { names, payloadHash, timestamp, scope, signingKey });
  headers.authorization =
    `AWS4-HMAC-SHA256 Credential=${principal.accessKeyId}/${scope},` +
    `SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { headers, signature, signingKey, timestamp, scope };
}

/** The query of a presigned URL. */
export function presign(request: Unsigned, signing: Omit<Signing, 'payloadHash'>, expiresSeconds: number): string {
  const timestamp = timestampOf(signing.now);
  const scope = scopeOf(timestamp);
  const names = Object.keys(request.headers).sort();
  const query = {
    ...request.query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${signing.principal.accessKeyId}/${scope}`,
    'X-Amz-Date': timestamp,
    'X-Amz-Expires': String(expiresSeconds),
    'X-Amz-SignedHeaders': names.join(';'),
  };
  const signingKey = keyOf(signing.principal, scope);
  const details = { names, payloadHash: 'UNSIGNED-PAYLOAD', timestamp, scope, signingKey };
  return `${canonicalQuery(query)}&X-Amz-Signature=${signatureOf({ ...request, query }, details)}`;
}

export function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

export function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

export function canonicalQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => [escapeText(name), escapeText(value)] as const);
  return pairs
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
}

function signatureOf(
  { method, path, query = {}, headers }: Unsigned,
  details: { names: string[]; payloadHash: string; timestamp: string; scope: string; signingKey: Buffer },
): string {
  const { names, payloadHash, timestamp, scope, signingKey } = details;
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = [method, path, canonicalQuery(query), lines, names.join(';'), payloadHash].join('\n');
  return hmac(signingKey, `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`).toString('hex');
}

function keyOf(principal: Principal, scope: string): Buffer {
  const [date = '', region = '', service = '', last = ''] = scope.split('/');
  return hmac(hmac(hmac(hmac(`AWS4${principal.secretAccessKey}`, date), region), service), last);
}

function timestampOf(now: Date): string {
  return `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function scopeOf(timestamp: string): string {
  return `${timestamp.slice(0, 8)}/us-east-1/s3/aws4_request`;
}

function escapeText(text: string): string {
  return [...Buffer.from(text)].map(escapeByte).join('');
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
