import { buffer } from 'node:stream/consumers';
import { ImageDropError } from '../model/errors.ts';
import type { DropRecord, RecordedStaging } from '../model/record.ts';
import { bitmapKey } from '../model/staging.ts';
import { resumingSource } from '../transfer/resuming-source.ts';
import type { StagingStore, StepDependencies } from './ports.ts';

/** One bit for each 4 KiB of 1 TB are 30 MB. What is much more is another file, and would not fit into memory. */
const MAX_BITMAP_BYTES = 256 * 2 ** 20;

/**
 * Puts the bitmap file of a raw image beside its copy, where a fast import looks for it. It comes before the image: when
 * the copy is whole, nothing is missing.
 */
export async function stageBitmap(
  { drop, plan, found }: DropRecord,
  staging: RecordedStaging,
  store: StagingStore,
  deps: StepDependencies,
): Promise<void> {
  const to = bitmapKey(staging.key);
  if (plan?.route !== 'fast-import' || found?.format !== 'raw' || (await store.size(to)) !== undefined) return;
  const from = bitmapKey(drop.key);
  const object = await deps.objects.head(drop.bucket, from);
  if (object === undefined) throw new ImageDropError('object-gone', `The bitmap file ${from} of ${drop.key} is gone.`);
  if (object.size > MAX_BITMAP_BYTES) {
    const message = `${from} has ${object.size} bytes, which is too much for the bitmap file of ${drop.key}.`;
    throw new ImageDropError('too-large', message, {
      nextStep: `Drop the right bitmap file as ${from}, then the image.`,
    });
  }
  const range = { offset: 0, length: object.size };
  const open = resumingSource((part, signal) => deps.objects.open(object, part, signal), range);
  await store.put(to, await buffer(open));
}
