import { ImageDropError } from '../model/errors.ts';

/**
 * @param place where it is, as its writer knows it
 * @param words what is wrong, as the rest of the sentence
 */
export function badMetadata(place: string, words: string): ImageDropError {
  return new ImageDropError('bad-metadata', `${place} ${words}.`);
}

/** Of a file beside the image, which can be corrected without touching the image. */
export function badFile(place: string, words: string): ImageDropError {
  const nextStep = 'Correct the file at that place, then run `imagedrop retry` for the image or drop it again.';
  return new ImageDropError('bad-metadata', `${place}: ${words}.`, { nextStep });
}
