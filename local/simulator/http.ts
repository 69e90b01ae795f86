import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** One request as the services see it. */
export interface Call {
  readonly method: string;
  /** Decoded, below the base path of the service. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The named parts of the path, such as `id`. */
  readonly params: Readonly<Record<string, string>>;
  /** Absolute URL of the service, without a slash at its end. */
  readonly serviceUrl: string;
  /** Named by the client, or new. */
  readonly requestId: string;
  header(name: string): string | undefined;
  /** The body; a client that waits for "100 Continue" gets it. */
  body(): IncomingMessage;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
}

/** A refusal; each service puts it into the words of its own protocol. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The service's own error code, where it has such ("IMG.0057"). */
  readonly code: string | undefined;

  constructor(status: number, message: string, details: { headers?: Record<string, string>; code?: string } = {}) {
    super(message);
    this.status = status;
    this.headers = details.headers ?? {};
    this.code = details.code;
  }
}

/** The client went away before its request was complete: no one is left to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

export interface Service {
  /** Where it is mounted on the server: "/image". */
  readonly basePath: string;
  handle(call: Call): Promise<Answer>;
  refuse(fault: Fault, call: Call): Answer;
  /** Ends what it does beside its requests. */
  close?(): Promise<void>;
}

export type JsonObject = Record<string, unknown>;

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keystone's limit for a body ([oslo_middleware] max_request_body_size); no JSON of these services comes near it. */
const MAX_JSON_BYTES = 114_688;

/** @throws Fault 400 when the body is not JSON, 413 when it is longer than 112 KiB */
export async function readJson(call: Call): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of call.body().iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_JSON_BYTES) throw new Fault(413, 'Request is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Fault(400, 'Malformed JSON in request body.');
  }
}
