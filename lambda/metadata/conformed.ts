import { ImageDropError } from '../model/errors.ts';
import type { NewImage } from '../model/image.ts';
import type { MetadataLayer } from '../model/metadata.ts';

/**
 * The image as a target accepts it.
 * @param conform of its endpoint
 * @throws `invalid-request` where no legal form exists, with the place where the refused value is said
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
  // A min_disk that the file needs is nobody's word.
  const isSaid = name !== undefined && Object(metadata)[name] === Object(wanted)[name];
  if (place === undefined || !isSaid) return error;
  return new ImageDropError(code, `${message} It is said in ${place}.`, {
    cause: error.cause,
    nextStep: 'Correct the value where it is said, then run `imagedrop retry` for the image or drop it again.',
  });
}
