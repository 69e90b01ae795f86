import { TARGET_KINDS, type TargetKind } from '../../lambda/model/target.ts';
import { WrongUse } from '../terminal/exit-codes.ts';

/** A target as the stack's output `Targets` tells of it. */
export interface StackTarget {
  readonly name: string;
  readonly kind: TargetKind;
}

/** @param output `mycloud:glance,huawei:ims`; undefined of a stack that does not say */
export function targetsIn(output = ''): readonly StackTarget[] {
  return output.split(',').flatMap((each) => {
    const [name = '', given] = each.split(':');
    const kind = TARGET_KINDS.find((known) => known === given);
    return name === '' || kind === undefined ? [] : [{ name, kind }];
  });
}

/**
 * The targets of these names; all of them where none is named.
 * @throws WrongUse naming one that the stack does not have
 */
export function targetsNamed(names: readonly string[], all: readonly StackTarget[]): readonly StackTarget[] {
  const unknown = names.find((name) => !all.some((target) => target.name === name));
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).join(', ') || 'none that this version knows';
    throw new WrongUse(`The stack has no target ${JSON.stringify(unknown)}; there is ${known}.`);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/** Whether a record is one of these targets'; where none are known, any is. */
export const isAt = (record: { readonly target: string }, targets: readonly StackTarget[]): boolean =>
  targets.length === 0 || targets.some(({ name }) => name === record.target);
