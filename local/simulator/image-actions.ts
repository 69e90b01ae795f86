import { ownImage } from './authentication.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault } from './http.ts';
import type { StoredImage } from './image.ts';
import { type Route, route } from './router.ts';
import { mismatch } from './schema.ts';

/** Calls without a body that change one thing of an image: its tags, and whether it may be read. */
export function actionRoutes(context: ImageContext): Route[] {
  return [
    route('PUT', '/v2/images/:id/tags/:tag', (call) => addTag(context, call)),
    route('DELETE', '/v2/images/:id/tags/:tag', (call) => removeTag(context, call)),
    route('POST', '/v2/images/:id/actions/deactivate', (call) => turn(context, call, 'active', 'deactivated')),
    route('POST', '/v2/images/:id/actions/reactivate', (call) => turn(context, call, 'deactivated', 'active')),
  ];
}

async function addTag(context: ImageContext, call: Call): Promise<Answer> {
  refuseBody(call);
  const { tag = '' } = call.params;
  const wrong = mismatch({ tags: [tag] }, context.flavour.properties);
  if (wrong !== undefined) throw new Fault(400, wrong);
  const image = ownImage(context, call);
  return save(context, image, { tags: [...new Set([...image.tags, tag])] });
}

async function removeTag(context: ImageContext, call: Call): Promise<Answer> {
  refuseBody(call);
  const { tag = '' } = call.params;
  const image = ownImage(context, call);
  if (!image.tags.includes(tag)) throw new Fault(404, 'The resource could not be found.');
  return save(context, image, { tags: image.tags.filter((other) => other !== tag) });
}

type Readable = 'active' | 'deactivated';

/** Only an admin can read a deactivated image. What is so already stays so. */
async function turn(context: ImageContext, call: Call, from: Readable, to: Readable): Promise<Answer> {
  refuseBody(call);
  const image = ownImage(context, call);
  if (image.status !== from && image.status !== to) {
    const action = to === 'active' ? 'reactivate' : 'deactivate';
    throw new Fault(403, `Not allowed to ${action} image in status '${image.status}'`);
  }
  return save(context, image, { status: to });
}

async function save({ store }: ImageContext, image: StoredImage, changes: Partial<StoredImage>): Promise<Answer> {
  const saved = await store.change(image.id, image.status, changes);
  if (saved === undefined) throw new Fault(404, `No image found with ID ${image.id}`);
  return { status: 204 };
}

/** @throws Fault 400 */
function refuseBody(call: Call): void {
  if (Number(call.header('content-length') ?? 0) === 0 && call.header('transfer-encoding') === undefined) return;
  throw new Fault(400, 'A body is not expected with this request.');
}
