import { type Drop, goesTo } from '../model/drop.ts';
import { hadBegun, isUpToDate, type TargetBeginnings, withTargets } from '../model/target-beginnings.ts';
import type { BeginningStore, StepDependencies } from './ports.ts';
import { type ChoiceDependencies, recordsOf } from './targets-of-drop.ts';

export interface BeginningDependencies extends ChoiceDependencies, Pick<StepDependencies, 'now'> {
  readonly beginnings: BeginningStore;
}

/** An event that comes within this time was sent because of the drop; an older one was redriven or sent again. */
const LIVE_MS = 15 * 60_000;

/**
 * The targets that a drop goes to: those that it names, as far as they had begun when it was dropped.
 * @param arrivedAt when it was dropped, as its event says
 */
export async function targetsFor(drop: Drop, arrivedAt: Date, deps: BeginningDependencies): Promise<readonly string[]> {
  const beginnings = await beginningsNow(deps, () => firstSight(drop, arrivedAt, deps));
  return begunTargets(drop, arrivedAt, beginnings, deps);
}

export function begunTargets(
  drop: Pick<Drop, 'targets'>,
  arrivedAt: Date,
  beginnings: TargetBeginnings,
  { targets }: Pick<StepDependencies, 'targets'>,
): readonly string[] {
  const named = targets.map(({ name }) => name).filter((name) => goesTo(drop, name));
  return named.filter((name) => hadBegun(beginnings, name, arrivedAt));
}

/**
 * When each target of the stack began. Targets that are seen for the first time are noted, as are those that are gone.
 * @param at when a target begins that nobody has seen before
 */
export async function beginningsNow(
  deps: BeginningDependencies,
  at: () => Promise<Date> = async () => deps.now(),
): Promise<TargetBeginnings> {
  const names = deps.targets.map(({ name }) => name);
  const stored = await deps.beginnings.load();
  if (stored !== undefined && isUpToDate(stored, names)) return stored;
  const seen = { at: stored === undefined ? deps.now() : await at(), now: deps.now() };
  return deps.beginnings.change((present) => withTargets(present, names, seen));
}

/** The same without a note of what is seen for the first time. */
export async function beginningsUnnoted({
  beginnings,
  targets,
  now,
}: BeginningDependencies): Promise<TargetBeginnings> {
  const names = targets.map(({ name }) => name);
  return withTargets(await beginnings.load(), names, { at: now(), now: now() });
}

/**
 * A drop that nobody has taken up yet, and whose event is fresh, is the first of its new targets. Any other was dropped
 * before them.
 */
async function firstSight(drop: Drop, arrivedAt: Date, deps: BeginningDependencies): Promise<Date> {
  const isLive = deps.now().getTime() - arrivedAt.getTime() < LIVE_MS;
  const { missing } = await recordsOf(drop, deps);
  return isLive && missing.length === deps.targets.length ? new Date(arrivedAt.getTime() - 1) : deps.now();
}
