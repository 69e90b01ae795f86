import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * A number in [0, 1) that follows from the seed and the subject alone, whatever was asked
 * before. So a run with the same seed does the same to the same subject.
 */
export function seeded(seed: number, ...subject: readonly (string | number)[]): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, ...subject]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** One request on its way from a client to a service. */
export interface FaultyRequest {
  readonly method: string;
  /** Path and query, as they stand on the request line. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Where the client's connection comes from: tells function environments apart (function-preload.ts). */
  readonly from: string;
  /** The whole body, where it is announced to be small; undefined where it streams. */
  readonly body: Buffer | undefined;
}

/** What goes wrong with one request. Bytes are counted in bodies, from 0. */
export type Fault =
  /** Answered here; the service never hears of it. */
  | { readonly how: 'answer'; readonly answer: FaultyAnswer; readonly afterBody?: boolean }
  /** The service has done it, and the client never learns: the connection breaks, or another answer comes. */
  | { readonly how: 'forget'; readonly answer?: FaultyAnswer }
  /** The connection breaks before a byte has reached the service. */
  | { readonly how: 'refuse' }
  /** Both connections break when so much of the client's body has gone by. */
  | { readonly how: 'cut-request'; readonly afterBytes: number }
  /** The connection breaks when so much of the service's answer has gone by. */
  | { readonly how: 'cut-answer'; readonly afterBytes: number }
  /** Taken, and left without an answer for so long; then the connection breaks. */
  | { readonly how: 'hang'; readonly milliseconds: number }
  /** Passed on, later. */
  | { readonly how: 'slow'; readonly milliseconds: number }
  /** One bit of one byte of the client's body is another. */
  | { readonly how: 'flip'; readonly atByte: number }
  /** The callback runs before the service gets the request, or after it was served; then the connection breaks. */
  | { readonly how: 'strike'; readonly when: 'before' | 'after'; readonly strike: () => void }
  /** The service has done it and the client gets its answer; but before, something is done behind its back. */
  | { readonly how: 'undo'; readonly undo: (answer: ServedAnswer) => Promise<void> };

export interface FaultyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ServedAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** Decides of each request what goes wrong with it; undefined lets it pass as it is. */
export type Decide = (request: FaultyRequest) => Fault | undefined;
