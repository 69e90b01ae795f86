import { ImageDropError } from '../model/errors.ts';
import type { NewImage } from '../model/image.ts';
import type { MetadataLayer } from '../model/metadata.ts';

/**
 * The image as a target accepts it.
 * @param conform of its endpoint
 * @throws `invalid-request` when no legal form exists, with the place of the refused value
 */
export function conformed(conform: (image: NewImage) => NewImage, wanted: NewImage, said: MetadataLayer): NewImage {
  try {
    return conform(wanted);
  } catch (error) {
    throw error instanceof ImageDropError ? withPlace(error, wanted, said) : error;
  }
}

function withPlace(error: ImageDropError, wanted: NewImage, { metadata, origins }: MetadataLayer): ImageDropError {
  const { code, message, refusedValue: name } = error;
  const place = name === undefined ? undefined : origins[name];
  // A min_disk that the file needs has no origin in metadata.
  const isSaid = name !== undefined && Object(metadata)[name] === Object(wanted)[name];
  if (place === undefined || !isSaid) return error;
  return new ImageDropError(code, `${message} The value is in ${place}.`, {
    cause: error.cause,
    nextStep: 'Correct the value there, then run `imagedrop retry` for the image or drop it again.',
  });
}
