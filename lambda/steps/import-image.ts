import type { ImageEndpoint, ImportRoute } from '../endpoints/endpoint.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord, RecordedImport } from '../model/record.ts';
import type { UploadRecord } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import type { Target } from '../model/target.ts';
import { diskObject } from '../model/unpacking.ts';
import type { StepDependencies, StreamUploadDependencies } from './ports.ts';
import { hashAgain } from './stream-image.ts';
import type { Work } from './work.ts';

/** AWS Signature Version 4, query parameters: a URL is valid for at most seven days. */
const MAX_URL_SECONDS = 604_800;

/**
 * Has the endpoint download the object by a URL that is made at the last moment. The URL is valid for as long as the
 * image may take to become active, because the import may wait in the server's queue.
 */
export async function beginImport(
  work: Work<UploadRecord>,
  endpoint: ImageEndpoint,
  deps: StreamUploadDependencies,
): Promise<void> {
  const { record, target, imageId } = work;
  const imports = importsOf(endpoint, record);
  const seconds = Math.min(target.activeWithinSeconds, MAX_URL_SECONDS);
  const { url, credentialsEnd } = await deps.objects.presign(diskObject(record), seconds);
  const askedAt = deps.now();
  const expiresMs = askedAt.getTime() + seconds * 1000;
  const urlExpiresAt = new Date(Math.min(expiresMs, credentialsEnd?.getTime() ?? expiresMs));
  const asked = { askedAt: askedAt.toISOString(), urlExpiresAt: urlExpiresAt.toISOString() };
  await work.change((stored) => ({ ...changes.beginUpload(stored, askedAt), import: asked }));
  await imports.begin(imageId, url);
}

/**
 * Reads the object while the endpoint downloads it, so that its hashes can be compared. An object that cannot be read
 * within the time of one function stays unread; the record says so.
 */
export async function hashMeanwhile(
  work: Work<UploadRecord>,
  deps: StepDependencies,
): Promise<Pick<DropRecord, 'hashes' | 'unread'>> {
  try {
    const { hashes } = await hashAgain(work, deps);
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

/** A record whose import was requested. */
type ImportingRecord = DropRecord & { readonly import: RecordedImport };

/**
 * Why the import of a `queued` image failed. A failed import is silent: the image is queued again, as before the import,
 * and only its tasks, if the service has them, say why.
 * @returns undefined while the import may still begin
 */
export async function importFailure(
  { record, target }: Work<ImportingRecord>,
  image: Image,
  endpoint: ImageEndpoint,
  now: Date,
): Promise<ImageDropError | undefined> {
  const words = await endpoint.imports?.failure(image.id);
  if (words !== undefined) return failed(record, now, `failed: ${words}`);
  const { [FAILED_STORES]: failedStores = '', [STORES_TO_COME]: storesToCome = '' } = image.properties;
  if (failedStores !== '') return failed(record, now, `failed at the stores ${failedStores}`);
  if (storesToCome !== '') return undefined;
  const waitedSeconds = (now.getTime() - Date.parse(record.import.askedAt)) / 1000;
  if (waitedSeconds < beginsWithinSeconds(target)) return undefined;
  const silence = `left it queued for ${Math.round(waitedSeconds)} s, and the service does not say why`;
  return failed(record, now, silence);
}

function failed(record: ImportingRecord, now: Date, what: string): ImageDropError {
  const sentence = `The import of image ${record.image?.id} by ${record.target} ${what}`.replace(/[^.!?…]$/, '$&.');
  const retryAfterSeconds = FIRST_PAUSE_SECONDS * 4 ** (record.generation - 1);
  return new ImageDropError('import-failed', `${sentence}${expiryOfUrl(record, now)}`, { retryAfterSeconds });
}

/** Glance's tasks say only "Internal Error" for any answer of the source; this much is known here. */
function expiryOfUrl({ import: { urlExpiresAt } }: ImportingRecord, now: Date): string {
  return Date.parse(urlExpiresAt) > now.getTime() ? '' : ` Its URL expired at ${urlExpiresAt}.`;
}
