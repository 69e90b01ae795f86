import type { ErrorCode } from './errors.ts';

/** What reconcile remembers from run to run, and what it did: its object in the status bucket (see isRecordKey). */
export const RECONCILIATION_KEY = 'reconcile.json';

/** The version of the document's form. */
export const RECONCILIATION_SCHEMA = 1;

/** A pass looks at these in turn, and at each of them page by page. */
const PHASES = ['drops', 'records', 'images'] as const;
export type Phase = (typeof PHASES)[number];

export interface Reconciliation {
  readonly schema: typeof RECONCILIATION_SCHEMA;
  /**
   * Drops older than this are not processed: a bucket may have had another use before. ISO 8601, UTC, as all times here.
   */
  readonly takesUpSince: string;
  /** The pass under way. */
  readonly pass: Pass;
  /** What changed before this was looked at by a pass that left nothing out. */
  readonly seenUpTo: string;
  /** When images were last looked at: once a day, for that takes one request for each of them. */
  readonly imagesSeenAt?: string;
  /** When a pass last looked back for as long as an upload may take: once a day. */
  readonly lookedBackAt?: string;
  /** The drops that were sent round since then, with the time: looking back must not send them again. */
  readonly sent?: Readonly<Record<string, string>>;
  readonly lastPass?: Pass & { readonly endedAt: string };
  readonly lastRun?: Run;
}

/** One way through all drops, records and images, in as many runs as it takes. */
export interface Pass extends Position {
  readonly number: number;
  readonly startedAt: string;
  readonly counts: Counts;
  /** Whether something was left out, because its queue was long or its lease had not ended: the next pass must look at the same again. */
  readonly leftOut: boolean;
  /** Whether it looks at older drops, too: an upload of days has the time of its beginning. */
  readonly looksBack?: boolean;
}

/** The position of a pass. */
export interface Position {
  readonly phase: Phase;
  /** Of images: the target. */
  readonly target?: string;
  /** Where the next page begins; absent at the beginning. */
  readonly cursor?: string;
}

export interface Run {
  readonly startedAt: string;
  readonly seconds: number;
  readonly counts: Counts;
  /** Items that could not be examined or corrected; the findings name them. */
  readonly errors: number;
  /** What was done or should be looked at, one line each; the first ones where there are many. */
  readonly findings: readonly Finding[];
}

const FINDINGS = [
  'taken-up',
  'sent-again',
  'without-progress',
  'dead-letter-settled',
  'dead-letter-unread',
  'orphaned-image',
  'orphaned-image-deleted',
  'unreadable',
  'not-corrected',
] as const;
export type FindingKind = (typeof FINDINGS)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** The drop, record, image or message. */
  readonly subject: string;
  readonly why: string;
  readonly code?: ErrorCode;
}

/** How much was looked at, and how many of each finding there were. */
export interface Counts {
  readonly drops: number;
  readonly records: number;
  readonly images: number;
  readonly deadLetters: number;
  readonly findings: { readonly [kind in FindingKind]?: number };
}

export const NOTHING: Counts = { drops: 0, records: 0, images: 0, deadLetters: 0, findings: {} };

export function added(one: Counts, other: Counts): Counts {
  const findings = FINDINGS.flatMap((kind) => {
    const sum = (one.findings[kind] ?? 0) + (other.findings[kind] ?? 0);
    return sum === 0 ? [] : [[kind, sum] as const];
  });
  return {
    drops: one.drops + other.drops,
    records: one.records + other.records,
    images: one.images + other.images,
    deadLetters: one.deadLetters + other.deadLetters,
    findings: Object.fromEntries(findings),
  };
}

/** The findings that are faults of the run, not of what it looks at. */
export const errorsIn = ({ findings }: Counts): number => (findings.unreadable ?? 0) + (findings['not-corrected'] ?? 0);

export interface Beginning {
  /** Everything in the bucket was meant for this stack. */
  readonly takesUpAll: boolean;
  /** Where it was not: what came so shortly before the first run was. */
  readonly lostAfterSeconds: number;
}

/** @param now of the very first run */
export function firstReconciliation(now: Date, { takesUpAll, lostAfterSeconds }: Beginning): Reconciliation {
  const startedAt = now.toISOString();
  const takesUpSince = new Date(takesUpAll ? 0 : now.getTime() - lostAfterSeconds * 1000).toISOString();
  return {
    schema: RECONCILIATION_SCHEMA,
    takesUpSince,
    seenUpTo: new Date(0).toISOString(),
    pass: { number: 1, startedAt, phase: 'drops', counts: NOTHING, leftOut: false },
  };
}

/** A pass begins with its first page, not when the one before it ended. */
export function begun(reconciliation: Reconciliation, now: Date): Reconciliation {
  const { pass, lookedBackAt } = reconciliation;
  if (pass.phase !== 'drops' || pass.cursor !== undefined) return reconciliation;
  const looksBack = isDue(lookedBackAt, now);
  return { ...reconciliation, pass: { ...pass, startedAt: now.toISOString(), looksBack } };
}

/** More drops than get lost in a week; beyond that one may be sent again, which changes nothing. */
const MAX_SENT = 1000;

/** Remembers a drop that was sent round, and forgets those from before a time. */
export function withSent(reconciliation: Reconciliation, drop: string, now: Date, forget: Date): Reconciliation {
  const { sent = {} } = reconciliation;
  const young = Object.entries(sent).filter(([, at]) => Date.parse(at) > forget.getTime());
  return { ...reconciliation, sent: Object.fromEntries([...young, [drop, now.toISOString()]].slice(-MAX_SENT)) };
}

/** Where a pass goes on after the last page of its position; undefined at its end. */
export function nextPosition(
  { pass: { phase, target }, imagesSeenAt }: Reconciliation,
  targets: readonly string[],
  now: Date,
): Position | undefined {
  if (phase === 'drops') return { phase: 'records' };
  if (phase === 'records' && !isDue(imagesSeenAt, now)) return undefined;
  const next = phase === 'records' ? targets[0] : targets[targets.indexOf(target ?? '') + 1];
  return next === undefined ? undefined : { phase: 'images', target: next };
}

const DAY_MS = 86_400_000;

const isDue = (seenAt: string | undefined, now: Date): boolean =>
  seenAt === undefined || now.getTime() - Date.parse(seenAt) >= DAY_MS;

/**
 * Ends a pass and begins the next one.
 * @param seenUpTo what changed until then has been looked at
 */
export function nextPass(reconciliation: Reconciliation, seenUpTo: Date, now: Date): Reconciliation {
  const { pass } = reconciliation;
  return {
    ...reconciliation,
    ...(!pass.leftOut && { seenUpTo: seenUpTo.toISOString() }),
    ...(pass.phase === 'images' && { imagesSeenAt: now.toISOString() }),
    ...(pass.looksBack && !pass.leftOut && { lookedBackAt: pass.startedAt }),
    lastPass: { ...pass, endedAt: now.toISOString() },
    pass: { number: pass.number + 1, startedAt: now.toISOString(), phase: 'drops', counts: NOTHING, leftOut: false },
  };
}
