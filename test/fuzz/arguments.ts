import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface FuzzArguments {
  readonly seed: number;
  /** Index of the first input. */
  readonly from: number;
  readonly inputs: number;
}

const MAX_SEED = 2 ** 32 - 1;

/** @throws Error that names the argument which is wrong */
export function fuzzArguments(args: string[]): FuzzArguments {
  const { values } = parseArgs({
    args,
    options: { inputs: { type: 'string' }, seed: { type: 'string' }, from: { type: 'string' } },
  });
  return {
    inputs: integer('inputs', values.inputs, 1_000_000),
    seed: integer('seed', values.seed, randomInt(MAX_SEED)),
    from: integer('from', values.from, 0),
  };
}

function integer(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text.replaceAll('_', ''));
  if (/^[\d_]+$/.test(text) && value <= MAX_SEED) return value;
  throw new Error(`--${name} must be an integer from 0 to ${MAX_SEED}, not ${text}.`);
}
