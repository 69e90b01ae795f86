import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { imageId } from '../model/image-id.ts';
import type { DropRecord } from '../model/record.ts';
import type { StepDependencies } from './ports.ts';
import { targetOf } from './target-of.ts';

/** The image of the record, and what was made for it without the record being told. */
export async function removeImage(record: DropRecord, deps: StepDependencies): Promise<void> {
  if (record.image === undefined && !mayBeUntold(record)) return;
  const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
  const ids = new Set([...(record.image === undefined ? [] : [record.image.id]), ...(await untold(record, endpoint))]);
  for (const id of ids) await endpoint.delete(id);
}

const mayBeUntold = (record: DropRecord): boolean => isOfFastImport(record) || mayBeCreated(record);

async function untold(record: DropRecord, endpoint: ImageEndpoint): Promise<readonly string[]> {
  const id = imageId(record.drop, record.target, record.generation);
  const byFastImport = isOfFastImport(record) ? ((await endpoint.registers?.madeFor(id)) ?? []) : [];
  const byCreation = mayBeCreated(record) ? await endpoint.createdFor(id) : [];
  return [...byFastImport, ...byCreation].map((image) => image.id);
}

/** The service creates the image itself, by a request whose answer may have been lost. */
const isOfFastImport = ({ plan, register }: DropRecord): boolean =>
  plan?.route === 'fast-import' && register !== undefined;

/**
 * An attempt before this one may have died between the creation and the record. Without one nobody is asked, so that a
 * bad file is refused though its cloud may be away.
 */
function mayBeCreated({ status, attempts, lease, error }: DropRecord): boolean {
  const attemptsBefore = attempts - (lease === undefined ? 0 : 1);
  return status === 'received' && (attemptsBefore > 0 || error !== undefined);
}
