import type { ErrorCode, ImageDropError } from './errors.ts';
import type { QueueStage } from './record.ts';

/**
 * A target that has no room for anybody now: it is left alone for a while by all drops at once, instead of refusing each
 * of them. `targets/<target>.json` in the status bucket; no record has such a key, for theirs have two slashes at least.
 */
export interface TargetPause {
  readonly target: string;
  /**
   * Whom it holds up. Where there is no room for another image, those that are there already may still be uploaded, and
   * where there is none for data, others may still become active.
   */
  readonly holds: 'all' | QueueStage;
  /** The target's last answer. */
  readonly code: ErrorCode;
  readonly message: string;
  /** When it first answered so, without a success since; ISO 8601, UTC, as all times here. */
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

/** Codes of a target without room; any other concerns all stages. */
const NO_ROOM: readonly ErrorCode[] = ['quota-exceeded', 'store-full'];

export const isFor = ({ holds }: TargetPause, stage: QueueStage): boolean => holds === 'all' || holds === stage;

/** The pause, as long as it lasts, for those whom it holds up. */
export function lasting(pause: TargetPause | undefined, stage: QueueStage, now: Date): TargetPause | undefined {
  if (pause === undefined || pause.endedAt !== undefined || !isFor(pause, stage)) return undefined;
  return Date.parse(pause.until) > now.getTime() ? pause : undefined;
}

/** Whose work was refused. */
export interface Refused {
  readonly target: string;
  readonly stage: QueueStage;
}

/**
 * The pause after one more refusal: twice as long each time, and what the target asked for (Retry-After) at least. A
 * refusal that comes while it is paused was under way before, and says nothing new.
 */
export function pauseAfter(
  before: TargetPause | undefined,
  { target, stage }: Refused,
  error: ImageDropError,
  now: Date,
): TargetPause {
  const holds = NO_ROOM.includes(error.code) ? stage : 'all';
  const running = before?.endedAt === undefined && before?.holds === holds ? before : undefined;
  const asked = new Date(now.getTime() + (error.retryAfterSeconds ?? 0) * 1000).toISOString();
  const present = lasting(running, stage, now);
  if (present !== undefined) return { ...present, until: asked > present.until ? asked : present.until };
  const times = (running?.times ?? 0) + 1;
  const seconds = Math.min(FIRST_SECONDS * 2 ** (times - 1), LONGEST_SECONDS);
  const own = new Date(now.getTime() + seconds * 1000).toISOString();
  const { code, message } = error;
  const since = running?.since ?? now.toISOString();
  return { target, holds, code, message, since, until: asked > own ? asked : own, times };
}
