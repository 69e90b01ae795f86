import type { DropRecord } from '../../lambda/model/record.ts';
import { MAX_GENERATIONS } from '../../lambda/steps/give-up-image.ts';
import { MAX_ATTEMPTS } from '../../lambda/steps/under-lease.ts';
import { OTHER_KINDS } from './kinds.ts';

/** Which faults, and how many of them, can bring a sound drop to fail with a code. Any other failure is a loss. */
const EXPLANATIONS: Readonly<Record<string, { readonly by: RegExp; readonly atLeast: number }>> = {
  // Some attempts fail by what concerns no drop by name: a secret, a message that could not be held.
  'retries-exhausted': { by: /./, atLeast: MAX_ATTEMPTS / 2 },
  'never-active': { by: exactly(OTHER_KINDS.savingForEver), atLeast: 1 },
  'image-killed': { by: exactly(OTHER_KINDS.killed), atLeast: MAX_GENERATIONS / 2 },
  'hash-mismatch': { by: /^upload: one byte changed$/, atLeast: MAX_GENERATIONS },
  'image-lost': { by: /forgotten$|^upload|^image: (409|410)|killed/, atLeast: MAX_GENERATIONS },
};

/** A dead letter settles its drop as exhausted, however often it was tried before. */
const BURIED = exactly(OTHER_KINDS.buried);

/** @param faults those that concerned the drop, at this target or before it came to any */
export function explained({ error, deadLetter }: DropRecord, ...faults: readonly (readonly string[])[]): boolean {
  if (deadLetter !== undefined && faults.flat().some((kind) => BURIED.test(kind))) return true;
  const explanation = EXPLANATIONS[error?.code ?? ''];
  if (explanation === undefined) return false;
  return faults.flat().filter((kind) => explanation.by.test(kind)).length >= explanation.atLeast;
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}
