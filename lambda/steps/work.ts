import { ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import type { Target } from '../model/target.ts';

/** The settings of a record's target, which may have left the stack since the drop. */
export function targetOf(record: Pick<DropRecord, 'target'>, targets: readonly Target[]): Target {
  const target = targets.find(({ name }) => name === record.target);
  if (target !== undefined) return target;
  const known = targets.map(({ name }) => name).join(', ');
  throw new ImageDropError(
    'no-such-cloud',
    `The target ${record.target} is no longer in this stack, which has: ${known}.`,
  );
}
