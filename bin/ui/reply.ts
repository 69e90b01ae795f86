import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { asUiError, UiError } from './ui-error.ts';

/** The largest document that the page sends is the name of a file. */
const MAX_BODY_BYTES = 16 * 1024;

export function replyJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

/** An error as a document; where the answer has begun already, the cut is the answer. */
export function replyError(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message, nextStep } = asUiError(thrown);
  // What is left of a body is not read: the connection could not be used again.
  replyJson(response, status, { error: { code, message, nextStep } }, { connection: 'close' });
}

/** @throws UiError for a body that is not a JSON object */
export async function jsonBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (request.headers['content-type'] !== 'application/json') throw bad('The body is not application/json.');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw bad(`The body has more than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return objectIn(Buffer.concat(chunks).toString());
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad('The body is not JSON.', cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw bad('The body is not a JSON object.');
}

/** @throws UiError where the body has no such text */
export function textIn(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value !== '') return value;
  throw bad(`${name} is not a text.`);
}

/** @throws UiError where the body has no such whole number of 0 or more */
export function countIn(body: Readonly<Record<string, unknown>>, name: string): number {
  const value = body[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw bad(`${name} is not a whole number of 0 or more.`);
}

const bad = (message: string, cause?: unknown) => new UiError(400, 'bad-request', message, { cause });
