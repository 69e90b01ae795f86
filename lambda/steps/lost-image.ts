import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';

/** An image that can take no bytes any more. */
export function lostImage(record: DropRecord, image: Image | undefined): ImageDropError {
  const state = image === undefined ? 'gone' : `in status ${image.status}`;
  return new ImageDropError('image-lost', `Image ${record.image?.id} is ${state}, though its upload was not done.`);
}
