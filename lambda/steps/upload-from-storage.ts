import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import type { Image, Route } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { type BeginAgainDependencies, beginAgain, type FailDependencies } from './give-up-image.ts';
import { lostImage } from './lost-image.ts';
import type { Invocation } from './ports.ts';
import { type RegisterDependencies, type Registered, registerImage } from './register-image.ts';
import { type StagingDependencies, stageImage } from './stage-image.ts';
import { askAgain, isLost, lookLater } from './unseen-image.ts';

export type StorageDependencies = FailDependencies &
  BeginAgainDependencies &
  StagingDependencies &
  RegisterDependencies;

/** Why there is no hash of the whole file. */
const STAGED = 'The file was copied into object storage part by part, and the md5 of each part was compared there.';
const NOT_STAGED = 'The service reads the dropped object where it lies.';

/** The routes by which the service reads the file from object storage. */
export const isFromStorage = (route: Route | undefined): boolean => route === 'register' || route === 'fast-import';

/**
 * Has the file staged, then read by the image service, and hands the record on to record-status. While chunks are
 * missing it leaves the record to them.
 */
export async function uploadFromStorage(
  key: string,
  record: DropRecord,
  endpoint: ImageEndpoint,
  invocation: Invocation,
  deps: StorageDependencies,
): Promise<void> {
  const image = record.image && (await endpoint.get(record.image.id));
  if (waitsForData(record, image)) {
    const object = await stageImage(key, record, invocation, deps);
    if (object === undefined) return;
    const registered = await registerImage(key, record, object, endpoint, invocation, deps);
    return registered && pass(key, invocation, registered, deps);
  }
  if (image === undefined || image.status === 'killed') {
    const lost = lostImage(record, image);
    if (!(await isLost(key, record, image, deps))) return lookLater(key, record, askAgain(lost), deps);
    return beginAgain(key, record, lost, deps);
  }
  // An attempt before had it read; what became of that, record-status finds out.
  await pass(key, invocation, {}, deps);
}

function waitsForData({ plan, image: recorded }: DropRecord, image: Image | undefined): boolean {
  return plan?.route === 'fast-import' && recorded === undefined ? true : image?.status === 'queued';
}

async function pass(
  key: string,
  invocation: Invocation,
  { jobId, image }: Registered,
  deps: StorageDependencies,
): Promise<void> {
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    const asked = stored.register ?? { askedAt: deps.now().toISOString() };
    return {
      ...changes.moveTo(stored, 'processing', deps.now()),
      unread: stored.staging === undefined ? NOT_STAGED : STAGED,
      register: { ...asked, ...(jobId !== undefined && { jobId }) },
      ...(image !== undefined && { image }),
    };
  });
  await deps.statusQueue.send({ record: key });
}
