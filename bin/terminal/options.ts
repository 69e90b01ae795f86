import { TARGET_KINDS, type TargetKind } from '../../lambda/model/target.ts';
import { WrongUse } from './exit-codes.ts';

/** Options that several commands have, so that each is called and explained in the same way everywhere. */

export const COMMON_OPTIONS = {
  debug: { type: 'boolean', help: 'shows where an error came from' },
  help: { type: 'boolean', short: 'h', help: 'this text' },
} as const;

export const STACK_OPTION = {
  stack: {
    type: 'string',
    value: 'NAME',
    help: 'a deployed stack, with the AWS credentials of the environment; it is remembered (`imagedrop stack`). `local`: the stack that runs in this folder',
  },
} as const;

/** @param what is printed: "the records as one JSON document" */
export const jsonOption = (what: string) => ({ json: { type: 'boolean', help: what } }) as const;

export const TARGET_OPTION = {
  target: {
    type: 'string',
    value: 'NAME',
    multiple: true,
    help: 'only at this target; repeatable (default: all)',
  },
} as const;

/** @throws WrongUse */
export function positiveNumber(option: string, given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new WrongUse(`${option} is a whole number above 0, not ${JSON.stringify(given)}.`);
}

/** @param value of --kind. @throws WrongUse */
export function kindOf(value = 'glance'): TargetKind {
  const kind = TARGET_KINDS.find((known) => known === value);
  if (kind === undefined) throw new WrongUse(`--kind is one of ${TARGET_KINDS.join(', ')}, not ${value}.`);
  return kind;
}
