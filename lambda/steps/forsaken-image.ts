import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import { imageId } from '../model/image-id.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import type { StepDependencies } from './ports.ts';
import { targetOf } from './target-of.ts';

/**
 * Removes an image that an invocation has created and cannot give to its record, having stood still until others took
 * over. Where they have not come to an image yet it stays, for they may be about to find it.
 * @param record as this invocation had leased it
 * @param refusal why the record did not take the image; anything but `lease-held` leaves the image to the next attempt
 */
export async function removeForsaken(
  image: Image,
  key: string,
  record: DropRecord,
  refusal: unknown,
  deps: StepDependencies,
): Promise<void> {
  if (!(refusal instanceof ImageDropError && refusal.code === 'lease-held')) return;
  const stored = await deps.records.load(key);
  if (stored === undefined || stored.image?.id === image.id || mayFind(stored, record)) return;
  const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
  await endpoint.delete(image.id);
}

const mayFind = (stored: DropRecord, { generation }: DropRecord): boolean =>
  stored.generation === generation && stored.image === undefined && !changes.isSettled(stored);

/**
 * Removes what an invocation has created that had stood still until others took over, and died before it could look after
 * that itself. Its message comes again, when the record has moved on without it.
 */
export async function removeLeftBehind(record: DropRecord, deps: StepDependencies): Promise<void> {
  const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
  const isGivenUp = record.status === 'failed' || record.status === 'superseded';
  const wanted = isGivenUp ? undefined : record.image?.id;
  const created = await endpoint.createdFor(imageId(record.drop, record.target, record.generation));
  for (const { id } of created) if (id !== wanted) await endpoint.delete(id);
}
