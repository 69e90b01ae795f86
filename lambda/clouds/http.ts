import type { Readable } from 'node:stream';
import type { EndpointCall } from '../model/metrics.ts';

/** One HTTP exchange, as much of it as the endpoints need; adapters/http.ts makes it. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** The kind of request, for metrics. @default "discover" */
  readonly call?: EndpointCall;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent whole; a stream needs a content-length header. */
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for the answer's headers; 0 waits for as long as the signal allows. */
  readonly answerTimeoutMs?: number;
}

export interface HttpAnswer {
  /** Whether the body was longer, and `text` is only its beginning. */
  readonly isCut?: boolean;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The whole body, read up to a bound of 1 MiB. */
  readonly text: string;
  /** What was called, for messages: method and address, without query and password. */
  readonly called?: string;
}

/**
 * Sends one request. An answer of any status is returned; no redirect is followed.
 * @throws `endpoint-unavailable` when there was no answer (the cause says why), and the signal's reason when it was aborted
 */
export type HttpClient = (request: HttpRequest) => Promise<HttpAnswer>;

/**
 * Makes one authentication at a target, or refuses to, where another function has just failed with the same credentials.
 * @param isDoubtful whether a token of these credentials was refused, which may mean that they were changed
 */
export type LoginAttempts = <T>(target: string, isDoubtful: boolean, work: () => Promise<T>) => Promise<T>;
