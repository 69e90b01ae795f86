import { TARGET_KINDS, type TargetKind } from '../lambda/model/target.ts';
import { WrongUse } from './commands/wrong-use.ts';

/** @param value of --kind. @throws WrongUse */
export function kindOf(value = 'glance'): TargetKind {
  const kind = TARGET_KINDS.find((known) => known === value);
  if (kind === undefined) throw new WrongUse(`--kind is one of ${TARGET_KINDS.join(', ')}, not ${value}.`);
  return kind;
}
