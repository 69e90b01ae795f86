import { asImageDropError, type ErrorCode, ImageDropError } from '../model/errors.ts';
import type { DropRecord, QueueStage } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import type { MessageQueue, StepDependencies } from './ports.ts';
import { removeImage } from './remove-image.ts';

export interface FailDependencies extends StepDependencies {
  /** record-status listens here: it tells the world about settled records. */
  readonly statusQueue: MessageQueue;
}

/**
 * Settles the drop as failed. Its image is removed first, so that a failed record leaves none behind.
 * @param holder the lease that must still be held for this verdict to count
 * @param deadLetter the stage whose dead letter says so
 */
export async function failDrop(
  key: string,
  error: ImageDropError,
  deps: FailDependencies,
  holder?: string,
  deadLetter?: QueueStage,
): Promise<void> {
  const record = await deps.records.load(key);
  if (record === undefined || changes.isSettled(record)) return;
  changes.requireLease(record, holder);
  const verdict = await withoutImage(record, explained(error, record), deps);
  await deps.records.change(key, (stored) =>
    stored === undefined || changes.isSettled(stored)
      ? undefined
      : changes.fail(stored, verdict, deps.now(), deadLetter),
  );
  await deps.statusQueue.send({ record: key });
}

/** Codes of an image that the endpoint looked into and did not take. */
const REFUSED_BY_CONTENT: readonly ErrorCode[] = ['content-refused', 'image-killed', 'import-failed'];
const CONVERT = 'Convert it with `qemu-img convert -O qcow2 FILE NEW.qcow2` and drop the new file.';

/** Glance says no more than that its safety checks failed; inspection has foreseen which. */
function explained(error: ImageDropError, { found }: DropRecord): ImageDropError {
  const reason = found?.glanceRefusal;
  if (reason === undefined || !REFUSED_BY_CONTENT.includes(error.code)) return error;
  return new ImageDropError(error.code, `${error.message} ${reason}`, { cause: error.cause, nextStep: CONVERT });
}

/** The verdict, with a word on the image where it cannot be removed. A fault that may pass goes out and comes again. */
async function withoutImage(
  record: DropRecord,
  error: ImageDropError,
  deps: StepDependencies,
): Promise<ImageDropError> {
  try {
    await removeImage(record, deps);
    return error;
  } catch (thrown) {
    const obstacle = asImageDropError(thrown);
    if (obstacle.retryable) throw obstacle;
    const rest =
      record.image === undefined ? 'An image of it may be there' : `Its image ${record.image.id} is still there`;
    const message = `${error.message} ${rest}: ${obstacle.message}`;
    return new ImageDropError(error.code, message, { cause: error.cause, nextStep: error.nextStep });
  }
}
