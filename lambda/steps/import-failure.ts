import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import type { Target } from '../model/target.ts';
import type { StepDependencies } from './ports.ts';
import { targetOf } from './target-of.ts';

/**
 * How long an image may stay `queued` after its import was requested. Glance takes its lock on the image before it
 * answers; the work then waits for a free thread of the server, behind other imports.
 */
const BEGINS_WITHIN_SECONDS = 300;

/** A target that gives an image less time than that needs some of it for the next image. */
export const beginsWithinSeconds = ({ activeWithinSeconds }: Target): number =>
  Math.min(BEGINS_WITHIN_SECONDS, activeWithinSeconds / 2);

/** Glance's own signs of an import, where it has several stores: names, separated by commas (api-ref, "Import an image"). */
const STORES_TO_COME = 'os_glance_importing_to_stores';
const FAILED_STORES = 'os_glance_failed_import';

/** The first pause before a failed import is tried once more; each further one is four times as long. */
const FIRST_PAUSE_SECONDS = 30;

/**
 * What a `queued` image says of its import. A failed import is silent: the image is queued again, as if nothing had been
 * asked for, and only its tasks, where the service has them, tell why.
 * @returns undefined while the import may still begin
 */
export async function importFailure(
  record: DropRecord,
  image: Image,
  endpoint: ImageEndpoint,
  deps: StepDependencies,
): Promise<ImageDropError | undefined> {
  const now = deps.now();
  const words = await endpoint.imports?.failure(image.id);
  if (words !== undefined) return failed(record, now, `failed: ${words}`);
  const { [FAILED_STORES]: failedStores = '', [STORES_TO_COME]: storesToCome = '' } = image.properties;
  if (failedStores !== '') return failed(record, now, `failed at the stores ${failedStores}`);
  if (storesToCome !== '') return undefined;
  const waitedSeconds = (now.getTime() - Date.parse(record.import?.askedAt ?? '')) / 1000;
  if (waitedSeconds < beginsWithinSeconds(targetOf(record, deps.targets))) return undefined;
  const silence = `left it queued for ${Math.round(waitedSeconds)} s, and the service does not say why`;
  return failed(record, now, silence);
}

function failed(record: DropRecord, now: Date, what: string): ImageDropError {
  const sentence = `The import of image ${record.image?.id} by ${record.target} ${what}`.replace(/[^.!?…]$/, '$&.');
  const retryAfterSeconds = FIRST_PAUSE_SECONDS * 4 ** (record.generation - 1);
  return new ImageDropError('import-failed', `${sentence}${ofTheUrl(record, now)}`, { retryAfterSeconds });
}

/** Glance's tasks say no more than "Internal Error", whatever the source has answered; this much is known here. */
function ofTheUrl(record: DropRecord, now: Date): string {
  const endsAt = record.import?.urlExpiresAt ?? '';
  return Date.parse(endsAt) > now.getTime() ? '' : ` The URL that it was given has ended at ${endsAt}.`;
}
