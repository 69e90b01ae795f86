import { randomUUID } from 'node:crypto';
import { callerOf, ownImage, visibleImage } from './callers.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, isObject, json, readJson } from './http.ts';
import { type StoredImage, WITHOUT_DATA } from './image.ts';

/** POST /v2/images */
export async function createImage(context: ImageContext, call: Call): Promise<Answer> {
  const caller = callerOf(context, call);
  const body = await readJson(call);
  if (!isObject(body)) throw new Fault(400, 'Body expected in request.');
  const { flavour, store } = context;
  const now = context.clock().toISOString();
  const image: StoredImage = {
    id: randomUUID(),
    owner: caller.projectId,
    ...flavour.create(body, caller, () => store.live()),
    ...WITHOUT_DATA,
    status: 'queued',
    createdAt: now,
    updatedAt: now,
  };
  if (!(await store.add(image))) throw new Fault(409, `Image ID ${image.id} already exists!`);
  return json(201, flavour.view(image), { location: `/v2/images/${image.id}`, ...flavour.createdHeaders });
}

/** GET /v2/images/{id} */
export function showImage(context: ImageContext, call: Call): Answer {
  return json(200, context.flavour.view(visibleImage(context, call)));
}

/** DELETE /v2/images/{id}; an upload that is under way finds out, and removes its data, when it is done. */
export async function deleteImage(context: ImageContext, call: Call): Promise<Answer> {
  const image = ownImage(context, call);
  if (image.protected) {
    throw new Fault(403, `Image ${image.id} is protected and cannot be deleted.`);
  }
  await context.store.change(image.id, image.status, { status: 'deleted' });
  const isBeingUploaded = image.status === 'saving' && image.completion === undefined;
  if (!isBeingUploaded) await context.store.removeData(image.id);
  return { status: 204 };
}
