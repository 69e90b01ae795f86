import type { ImageEndpoint, ImportRoute } from '../endpoints/endpoint.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import type { Invocation, SharingStore, StepDependencies } from './ports.ts';
import { hashAgain } from './stream-image.ts';
import { targetOf } from './work.ts';

/** AWS Signature Version 4, query parameters: a URL lives seven days at most. */
const MAX_URL_SECONDS = 604_800;

export interface ImportDependencies extends StepDependencies {
  readonly objects: SharingStore;
}

/**
 * Has the endpoint fetch the object by a URL that is made now, at the last moment. The URL lives for as long as the
 * image may take: it may lie in the server's queue for that long.
 */
export async function beginImport(
  key: string,
  record: DropRecord,
  endpoint: ImageEndpoint,
  invocation: Invocation,
  deps: ImportDependencies,
): Promise<void> {
  const imports = importsOf(endpoint, record);
  const seconds = Math.min(targetOf(record, deps.targets).activeWithinSeconds, MAX_URL_SECONDS);
  const url = await deps.objects.presign(record.drop, seconds);
  const askedAt = deps.now();
  const urlExpiresAt = new Date(askedAt.getTime() + seconds * 1000);
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    const asked = { askedAt: askedAt.toISOString(), urlExpiresAt: urlExpiresAt.toISOString() };
    return { ...changes.beginUpload(stored, askedAt), import: asked };
  });
  await imports.begin(record.image?.id ?? '', url);
}

/**
 * Reads the object while the endpoint fetches it, so that its hashes can be compared. What cannot be read within the
 * time of one function is left unread; the record will say so.
 */
export async function hashMeanwhile(
  key: string,
  record: DropRecord,
  invocation: Invocation,
  deps: StepDependencies,
): Promise<Pick<DropRecord, 'hashes' | 'unread'>> {
  try {
    const { hashes } = await hashAgain(key, record, invocation, deps);
    return { hashes };
  } catch (thrown) {
    const error = asImageDropError(thrown);
    if (error.code !== 'out-of-time') throw error;
    return {
      unread: `The object is too large to be read for its hashes within the time of a function: ${error.message}`,
    };
  }
}

function importsOf(endpoint: ImageEndpoint, record: DropRecord): ImportRoute {
  if (endpoint.imports !== undefined) return endpoint.imports;
  throw new ImageDropError('route-not-offered', `${record.target} is of a kind (${endpoint.kind}) without imports.`);
}

/**
 * How long an image may stay `queued` after its import was asked for. Glance takes its lock on the image before it
 * answers; the work then waits for a free thread of the server, behind other imports.
 */
const BEGINS_WITHIN_SECONDS = 300;

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
  now: Date,
): Promise<ImageDropError | undefined> {
  const words = await endpoint.imports?.failure(image.id);
  if (words !== undefined) return failed(record, now, `failed: ${words}`);
  const { [FAILED_STORES]: failedStores = '', [STORES_TO_COME]: storesToCome = '' } = image.properties;
  if (failedStores !== '') return failed(record, now, `failed at the stores ${failedStores}`);
  if (storesToCome !== '') return undefined;
  const waitedSeconds = (now.getTime() - Date.parse(record.import?.askedAt ?? '')) / 1000;
  if (waitedSeconds < BEGINS_WITHIN_SECONDS) return undefined;
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
