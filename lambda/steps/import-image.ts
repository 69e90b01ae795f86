import type { ImageEndpoint, ImportRoute } from '../endpoints/endpoint.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { hashAgain } from './move-bytes.ts';
import type { Invocation, SharingStore, StepDependencies } from './ports.ts';
import { targetOf } from './target-of.ts';

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
