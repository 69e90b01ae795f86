/**
 * When each target began: what was dropped before does not go to it, unless somebody asks for it. `targets.json` in the
 * status bucket (see isRecordKey); functions write it by compare-and-swap when they meet targets that it does not name.
 */
export const BEGINNINGS_KEY = 'targets.json';

/** The version of the document's form. */
export const BEGINNINGS_SCHEMA = 1;

export interface TargetBeginnings {
  readonly schema: typeof BEGINNINGS_SCHEMA;
  readonly targets: Readonly<Record<string, TargetBeginning>>;
}

export interface TargetBeginning {
  /** Drops after this go to the target; ISO 8601, UTC. */
  readonly since: string;
  /** When a function found it missing from the settings; one that comes back begins anew. */
  readonly removedAt?: string;
}

/** Whether the document names exactly these targets, and none of them as removed. */
export function isUpToDate(beginnings: TargetBeginnings | undefined, names: readonly string[]): boolean {
  return beginnings !== undefined && unseen(beginnings, names).length === 0 && gone(beginnings, names).length === 0;
}

/**
 * The document with the targets as they are now. The first document of a stack has no target that was added later: all
 * of them have been there from the start.
 * @param at when a target that is seen for the first time begins
 */
export function withTargets(
  beginnings: TargetBeginnings | undefined,
  names: readonly string[],
  { at, now }: { readonly at: Date; readonly now: Date },
): TargetBeginnings {
  const { targets = {} } = beginnings ?? {};
  const since = beginnings === undefined ? new Date(0).toISOString() : at.toISOString();
  const added = unseen({ targets }, names).map((name) => [name, { since }] as const);
  const removed = gone({ targets }, names).map(
    ([name, beginning]) => [name, { ...beginning, removedAt: now.toISOString() }] as const,
  );
  return { schema: BEGINNINGS_SCHEMA, targets: { ...targets, ...Object.fromEntries([...added, ...removed]) } };
}

/** Whether a drop of this time goes to a target. */
export function hadBegun({ targets }: TargetBeginnings, name: string, droppedAt: Date): boolean {
  const since = targets[name]?.since;
  return since !== undefined && droppedAt.getTime() > Date.parse(since);
}

type Targets = Pick<TargetBeginnings, 'targets'>;

const unseen = ({ targets }: Targets, names: readonly string[]): readonly string[] =>
  names.filter((name) => targets[name] === undefined || targets[name].removedAt !== undefined);

const gone = ({ targets }: Targets, names: readonly string[]): readonly (readonly [string, TargetBeginning])[] =>
  Object.entries(targets).filter(([name, { removedAt }]) => !names.includes(name) && removedAt === undefined);
