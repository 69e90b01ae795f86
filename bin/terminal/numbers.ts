import { WrongUse } from '../commands/wrong-use.ts';

/** @throws WrongUse */
export function positiveNumber(option: string, given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new WrongUse(`${option} is a whole number above 0, not ${JSON.stringify(given)}.`);
}
