import type { OutgoingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

/** What pages of other origins may ask of a bucket (S3 user guide, "Elements of a CORS configuration"). */
export interface CorsRule {
  /** Each with one `*` at most. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Each with one `*` at most. */
  readonly headers: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
}

const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/**
 * The answer to a browser that asks whether a page may send a request. It needs no signature.
 * @param rules of the bucket that the request is about
 * @throws AccessForbidden, BadRequest, as S3 does
 */
export function preflight(request: S3Request, rules: readonly CorsRule[]): Answer {
  const origin = request.header('origin');
  const method = request.header('access-control-request-method');
  if (origin === undefined || method === undefined) {
    throw new S3Error('BadRequest', { message: 'Insufficient information. Origin request header needed.' });
  }
  const asked = listOf(request.header('access-control-request-headers'));
  const rule = ruleFor(rules, origin, method);
  if (rule === undefined || !asked.every((name) => rule.headers.some((pattern) => matches(pattern, name)))) {
    throw new S3Error('AccessForbidden');
  }
  const headers = {
    ...allowance(rule, origin),
    ...(asked.length > 0 && { 'access-control-allow-headers': asked.join(', ') }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  };
  return { status: 200, headers };
}

/** What any other answer tells the browser; nothing where the page may not see it. */
export function corsHeaders(request: S3Request, rules: readonly CorsRule[]): OutgoingHttpHeaders {
  const origin = request.header('origin');
  const rule = origin === undefined ? undefined : ruleFor(rules, origin, request.method);
  return origin === undefined || rule === undefined ? {} : allowance(rule, origin);
}

/** A rule for every origin names none in the answer and allows no credentials (Fetch, "CORS protocol and credentials"). */
function allowance({ origins, methods, exposedHeaders }: CorsRule, origin: string): OutgoingHttpHeaders {
  const forAll = origins.find((pattern) => matches(pattern, origin)) === '*';
  return {
    'access-control-allow-origin': forAll ? '*' : origin,
    'access-control-allow-methods': methods.join(', '),
    ...(!forAll && { 'access-control-allow-credentials': 'true' }),
    ...(exposedHeaders.length > 0 && { 'access-control-expose-headers': exposedHeaders.join(', ') }),
    vary: VARY,
  };
}

function ruleFor(rules: readonly CorsRule[], origin: string, method: string): CorsRule | undefined {
  return rules.find(
    ({ origins, methods }) => methods.includes(method) && origins.some((pattern) => matches(pattern, origin)),
  );
}

function matches(pattern: string, text: string): boolean {
  const [head = '', tail] = pattern.toLowerCase().split('*');
  const given = text.toLowerCase();
  if (tail === undefined) return given === head;
  return given.length >= head.length + tail.length && given.startsWith(head) && given.endsWith(tail);
}

const listOf = (header = ''): string[] =>
  header
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
