import { ImageDropError } from '../model/errors.ts';
import { quoted } from '../model/quoted.ts';
import { isEncodedWord } from './user-metadata.ts';

/** The user metadata by which a drop names the targets that it goes to. */
export const TARGETS_HEADER = 'targets';

/** What a drop says of where it goes. */
export interface TargetChoice {
  /** The targets that it names; absent where it goes to all. */
  readonly targets?: readonly string[];
  /** `bad-metadata`, for targets that cannot be followed: then it is unknown which were meant. */
  readonly refusal?: ImageDropError;
}

/**
 * The targets that a drop goes to, by its user metadata (`x-amz-meta-…` without that prefix): names with commas between
 * them. Only user metadata says it, because it is as unchangeable as the drop: every reader gets the same answer.
 * @param known the targets that there are; undefined where that is not known
 */
export function chosenTargets(
  { [TARGETS_HEADER]: names }: Readonly<Record<string, string>>,
  known: readonly string[] | undefined,
): TargetChoice {
  if (names === undefined) return {};
  const targets = names.split(',').map((name) => name.trim());
  const problem = isEncodedWord(names) ? 'has letters beyond ASCII' : problemIn(targets, known);
  return problem === undefined ? { targets } : { refusal: refusalOf(problem, known) };
}

/** Nothing is passed over: a name that is missing may be the one that mattered. */
function problemIn(targets: readonly string[], known: readonly string[] | undefined): string | undefined {
  if (targets.every((name) => name === '')) return 'names no target';
  if (targets.includes('')) return 'has a comma with no name beside it';
  const twice = targets.find((name, index) => targets.indexOf(name) !== index);
  if (twice !== undefined) return `names ${quoted(twice)} twice`;
  const unknown = targets.find((name) => known?.includes(name) === false);
  return unknown === undefined ? undefined : `names ${quoted(unknown)}, which is not a target of this stack`;
}

function refusalOf(problem: string, known: readonly string[] | undefined): ImageDropError {
  const there = known === undefined ? '' : `; there is ${known.join(', ')}`;
  return refusedChoice(`${problem}${there}`);
}

/** @param words what is wrong, as the rest of the sentence */
export function refusedChoice(words: string): ImageDropError {
  const nextStep = 'Drop the image again with the names of targets that there are, or without them for all targets.';
  return new ImageDropError('bad-metadata', `x-amz-meta-${TARGETS_HEADER} ${words}.`, { nextStep });
}

/** User metadata that forces a new image, even if the same bytes already have one. */
export const AGAIN_HEADER = 'again';

/** @throws `bad-metadata` */
export function asksForOwnImage({ [AGAIN_HEADER]: given = 'false' }: Readonly<Record<string, string>>): boolean {
  if (given === 'true' || given === 'false') return given === 'true';
  throw new ImageDropError('bad-metadata', `x-amz-meta-${AGAIN_HEADER} is ${quoted(given)}, and not true or false.`, {
    nextStep: 'Drop the image again with true, or without it.',
  });
}
