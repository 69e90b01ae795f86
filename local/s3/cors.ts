import type { OutgoingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';
import type { Service } from './call.ts';
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
 * @throws AccessForbidden, BadRequest, as S3 does
 */
export function preflight(request: S3Request, service: Service): Answer {
  const origin = request.header('origin');
  const method = request.header('access-control-request-method');
  if (origin === undefined || method === undefined) {
    throw new S3Error('BadRequest', { message: 'Insufficient information. Origin request header needed.' });
  }
  const asked = listOf(request.header('access-control-request-headers'));
  const rule = ruleFor(request, service, origin, method);
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
export function corsHeaders(request: S3Request, service: Service): OutgoingHttpHeaders {
  const origin = request.header('origin');
  const rule = origin === undefined ? undefined : ruleFor(request, service, origin, request.method);
  return origin === undefined || rule === undefined ? {} : allowance(rule, origin);
}

function allowance({ methods, exposedHeaders }: CorsRule, origin: string): OutgoingHttpHeaders {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-credentials': 'true',
    ...(exposedHeaders.length > 0 && { 'access-control-expose-headers': exposedHeaders.join(', ') }),
    vary: VARY,
  };
}

function ruleFor(request: S3Request, service: Service, origin: string, method: string): CorsRule | undefined {
  const rules = service.buckets.get(request.bucket)?.settings.cors ?? [];
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
