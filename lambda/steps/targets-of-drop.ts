import { chosenTargets, refusedChoice } from '../metadata/chosen-targets.ts';
import { type Drop, recordKey } from '../model/drop.ts';
import { asImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import type { ObjectHead, RecordStore, StepDependencies } from './ports.ts';

export interface ChoiceDependencies extends Pick<StepDependencies, 'targets'> {
  readonly records: Pick<RecordStore, 'load'>;
}

/**
 * The drop, and where it goes. Where its object is gone, or names a target that the stack has not, what it came to
 * earlier counts: targets may have left since. Where there is no such thing either it goes to all of them, so that whoever
 * was meant hears of it.
 */
export async function withTargets(
  drop: Drop,
  object: Pick<ObjectHead, 'userMetadata'> | undefined,
  deps: ChoiceDependencies,
): Promise<Drop> {
  const { targets, refusal } = object === undefined ? {} : choiceOf(object, deps);
  const isOpen = object === undefined || refusal !== undefined;
  const chosen = isOpen ? (await recordsOf(drop, deps)).targets : targets;
  return chosen === undefined ? drop : { ...drop, targets: chosen };
}

export interface RecordsOfDrop {
  /** Targets of the stack without a record. */
  readonly missing: readonly string[];
  /** What they say the drop had named. */
  readonly targets?: readonly string[];
}

/** Looks for the record of a drop at each target of the stack. One that cannot be read is there, and says nothing. */
export async function recordsOf(
  drop: Pick<Drop, 'key' | 'id'>,
  { records, targets }: ChoiceDependencies,
): Promise<RecordsOfDrop> {
  const found = await Promise.all(
    targets.map(async ({ name }) => ({ name, record: await readable(recordKey(drop, name), records) })),
  );
  const said = found.map(({ record }) => (record === 'unreadable' ? undefined : record?.drop.targets));
  const chosen = said.find((names) => names !== undefined);
  return {
    missing: found.filter(({ record }) => record === undefined).map(({ name }) => name),
    ...(chosen !== undefined && { targets: chosen }),
  };
}

/**
 * Makes sure that a drop whose record has no word of it goes to the target of that record.
 * @throws `bad-metadata`
 */
export function requireChosen(
  { drop, target }: Pick<DropRecord, 'drop' | 'target'>,
  object: Pick<ObjectHead, 'userMetadata'>,
  deps: Pick<StepDependencies, 'targets'>,
): void {
  if (drop.targets !== undefined) return;
  const { targets, refusal } = choiceOf(object, deps);
  if (refusal !== undefined) throw refusal;
  // Its record was made when nobody could tell, and the stack has that target by now.
  if (targets?.includes(target) === false) throw refusedChoice(`names ${targets.join(', ')}, and not ${target}`);
}

const choiceOf = ({ userMetadata }: Pick<ObjectHead, 'userMetadata'>, { targets }: Pick<StepDependencies, 'targets'>) =>
  chosenTargets(
    userMetadata,
    targets.map(({ name }) => name),
  );

async function readable(
  key: string,
  records: Pick<RecordStore, 'load'>,
): Promise<DropRecord | 'unreadable' | undefined> {
  try {
    return await records.load(key);
  } catch (thrown) {
    if (asImageDropError(thrown).retryable) throw thrown;
    return 'unreadable';
  }
}
