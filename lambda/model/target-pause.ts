import type { ErrorCode, ImageDropError } from './errors.ts';

/**
 * A target that has no room for anybody now: it is left alone for a while by all drops at once, instead of refusing each
 * of them. `targets/<target>.json` in the status bucket; no record has such a key, for theirs have two slashes at least.
 */
export interface TargetPause {
  readonly target: string;
  /** What the target said last. */
  readonly code: ErrorCode;
  readonly message: string;
  /** When it was first said, without a success since; ISO 8601, UTC, as all times here. */
  readonly since: string;
  /** When it is tried again. */
  readonly until: string;
  /** How often it was tried in vain since. */
  readonly times: number;
  /** When a drop got through again; absent until then. */
  readonly endedAt?: string;
}

/** Short, because most of them are over at once. */
const FIRST_SECONDS = 5;
/** The longest pause that we choose; one that the target asks for may be longer. */
const LONGEST_SECONDS = 300;

/** The pause, as long as it lasts. */
export function lasting(pause: TargetPause | undefined, now: Date): TargetPause | undefined {
  if (pause === undefined || pause.endedAt !== undefined) return undefined;
  return Date.parse(pause.until) > now.getTime() ? pause : undefined;
}

/**
 * The pause after one more refusal: twice as long each time, and what the target asked for (Retry-After) at least. A
 * refusal that comes while it is paused was under way before, and says nothing new.
 */
export function pauseAfter(
  before: TargetPause | undefined,
  target: string,
  error: ImageDropError,
  now: Date,
): TargetPause {
  const running = before?.endedAt === undefined ? before : undefined;
  const asked = new Date(now.getTime() + (error.retryAfterSeconds ?? 0) * 1000).toISOString();
  const present = lasting(running, now);
  if (present !== undefined) return { ...present, until: asked > present.until ? asked : present.until };
  const times = (running?.times ?? 0) + 1;
  const seconds = Math.min(FIRST_SECONDS * 2 ** (times - 1), LONGEST_SECONDS);
  const own = new Date(now.getTime() + seconds * 1000).toISOString();
  const { code, message } = error;
  const since = running?.since ?? now.toISOString();
  return { target, code, message, since, until: asked > own ? asked : own, times };
}
