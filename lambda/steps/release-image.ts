import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import { isReleased } from '../model/new-image.ts';
import type { DropRecord, Verification } from '../model/record.ts';
import type { StepDependencies } from './ports.ts';
import { targetOf } from './target-of.ts';

/**
 * Gives a verified image the visibility and the protection that were asked for. An image is created private and
 * unprotected: others must not see it before it is verified, and its clean-up must not be forbidden until then. The
 * record keeps the verification first, so that a crash in between is resumed by the next message.
 * @returns whether the record is still about this image
 * @throws `forbidden` where the cloud does not let us publish it
 */
export async function releaseImage(
  key: string,
  record: DropRecord,
  image: Image,
  verification: Verification,
  deps: StepDependencies,
): Promise<boolean> {
  const { sent } = record;
  if (sent === undefined || isReleased(sent)) return true;
  const isThisImage = (one: DropRecord | undefined) => one?.status === 'processing' && one.image?.id === image.id;
  const verified = await deps.records.change(key, (stored) =>
    stored !== undefined && isThisImage(stored) && stored.verification === undefined
      ? { ...stored, verification }
      : undefined,
  );
  if (!isThisImage(verified)) return false;
  const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
  try {
    await endpoint.release(image.id, sent);
  } catch (error) {
    throw error instanceof ImageDropError && error.code === 'forbidden' ? withPlace(error, record) : error;
  }
  return true;
}

function withPlace(error: ImageDropError, { sent, metadata, target }: DropRecord): ImageDropError {
  const origin = metadata?.origins.visibility ?? 'default';
  const message = `${error.message} The image is verified, but ${target} does not let us release it: visibility is ${sent?.visibility} (${origin}) and protected is ${sent?.protected}.`;
  return new ImageDropError('forbidden', message, {
    cause: error.cause,
    nextStep: `Give the user of clouds.yaml the permission to publish images, or correct the value in ${origin}; then run \`imagedrop retry\` for the image or drop it again.`,
  });
}
