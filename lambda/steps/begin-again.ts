import { type ErrorCode, ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { type ClearingDependencies, clearStaging } from './clear-staging.ts';
import { MAX_DELAY_SECONDS, type MessageQueue } from './ports.ts';
import { removeImage } from './remove-image.ts';

/** A store that breaks image after image will not mend itself by more of them. */
export const MAX_GENERATIONS = 5;

/** What speaks against the copy in object storage, too. After any other fault the next image is made of the same copy. */
const DOUBTED: readonly ErrorCode[] = ['size-mismatch', 'hash-mismatch'];

export interface BeginAgainDependencies extends ClearingDependencies {
  readonly ingestQueue: MessageQueue;
}

/**
 * Removes a broken image and sends the record back to create-metadata for the next one.
 * @param why what was wrong with the image, and how long to wait before the next one; thrown on as permanent when there
 *   were enough generations
 */
export async function beginAgain(
  key: string,
  record: DropRecord,
  why: ImageDropError,
  deps: BeginAgainDependencies,
): Promise<void> {
  const begun = imagesBegun(record);
  if (begun >= MAX_GENERATIONS) throw givenUp(begun, why);
  await removeImage(record, deps);
  const staging = DOUBTED.includes(why.code) ? await clearStaging(record, deps) : undefined;
  await deps.records.change(key, (stored) => {
    if (stored === undefined || stored.image?.id !== record.image?.id || changes.isSettled(stored)) return undefined;
    const again = changes.beginAgain(stored, deps.now(), why.code);
    return staging?.removedAt === undefined ? again : changes.withoutStaging(again);
  });
  await deps.ingestQueue.send({ record: key }, Math.min(why.retryAfterSeconds ?? 0, MAX_DELAY_SECONDS));
}

/** Since the drop, or since it was last retried. */
const imagesBegun = ({ generation, retriedFrom = 1 }: DropRecord): number => generation - retriedFrom + 1;

function givenUp(begun: number, why: ImageDropError): ImageDropError {
  const message = `${why.message} This was image ${begun} of ${MAX_GENERATIONS} for this drop.`;
  return new ImageDropError(why.code, message, { cause: why.cause, retryable: false });
}
