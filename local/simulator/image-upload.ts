import { setImmediate } from 'node:timers/promises';
import { callerOf, ownImage } from './authentication.ts';
import type { ImageContext, Mishap } from './flavour.ts';
import { type Answer, type Call, Fault } from './http.ts';
import type { Completion, StoredImage } from './image.ts';
import { type ReceivedFile, receive } from './image-file.ts';

/** A hundred years. */
const FOR_EVER_MS = 100 * 365 * 24 * 3600 * 1000;

/** Longer than a client that gives up after a minute waits. */
const LATE_MS = 75_000;

/** PUT /v2/images/{id}/file */
export async function uploadFile(context: ImageContext, call: Call): Promise<Answer> {
  const caller = callerOf(context, call);
  const declaredBytes = declaredSize(call);
  context.flavour.admitSize(declaredBytes, caller, () => context.store.live());
  context.flavour.admitStore(call.header('x-image-meta-store'));
  const image = await beginSaving(context, ownImage(context, call));
  try {
    const received = await receiveFile(context, call, image, declaredBytes);
    return await settle(context, image, received);
  } catch (thrown) {
    await takeBack(context, image.id);
    throw thrown;
  }
}

/** @throws Fault 415 for another type than bytes, 400 for a size that is none */
function declaredSize(call: Call): number | undefined {
  requireBytes(call);
  const declared = call.header('x-openstack-image-size') ?? call.header('content-length');
  if (declared === undefined) return undefined;
  if (!/^\d+$/.test(declared)) throw new Fault(400, 'Invalid or missing image size in request headers.');
  return Number(declared);
}

/** @throws Fault 415 */
function requireBytes(call: Call): void {
  if (call.header('content-type')?.split(';')[0] === 'application/octet-stream') return;
  throw new Fault(415, 'The image file is expected as Content-Type application/octet-stream.');
}

/**
 * PUT /v2/images/{id}/stage: keeps the file for an import by glance-direct. Nothing but its size is known of it until
 * then, not even that the image has formats.
 */
export async function stageFile(context: ImageContext, call: Call): Promise<Answer> {
  const { flavour, store } = context;
  requireBytes(call);
  const image = ownImage(context, call);
  if ((await store.change(image.id, 'queued', { status: 'uploading' })) === undefined) {
    throw new Fault(409, `Image status transition from ${image.status} to uploading is not allowed`);
  }
  try {
    const limits = flavour.admitUpload(image, undefined, () => store.live());
    const { bytes } = await receive(call.body(), store.stagedPath(image.id), [], limits);
    if ((await store.change(image.id, 'uploading', { size: bytes })) === undefined) throw goneWhileUploading(image.id);
    return { status: 204 };
  } catch (thrown) {
    await store.removeData(image.id);
    await store.change(image.id, 'uploading', { status: 'queued', size: null });
    throw thrown;
  }
}

/** @throws Fault 409 when the image is not queued, 410 when another PUT was quicker, 400 when a format is missing */
async function beginSaving(context: ImageContext, image: StoredImage): Promise<StoredImage> {
  if (image.status !== 'queued') {
    throw new Fault(409, `Image status transition from ${image.status} to saving is not allowed`);
  }
  if (image.diskFormat === null || image.containerFormat === null) {
    throw new Fault(400, 'Properties disk_format, container_format must be set prior to saving data.');
  }
  await setImmediate(); // between reading the row and changing it Glance asks its database: room for a race
  const saving = await context.store.change(image.id, 'queued', { status: 'saving' });
  if (saving === undefined) throw goneWhileUploading(image.id);
  return saving;
}

async function receiveFile(context: ImageContext, call: Call, image: StoredImage, declaredBytes: number | undefined) {
  const { flavour, store } = context;
  const limits = flavour.admitUpload(image, declaredBytes, () => store.live());
  const algorithms = [flavour.checksum ? 'md5' : 'none', flavour.hashAlgorithm].filter((name) => name !== 'none');
  const received = await receive(call.body(), store.dataPath(image.id), algorithms, limits);
  if (declaredBytes !== undefined && received.bytes !== declaredBytes) {
    throw new Fault(400, `The size of the data, ${received.bytes} bytes, does not match the given ${declaredBytes}.`);
  }
  return received;
}

async function settle(context: ImageContext, image: StoredImage, received: ReceivedFile): Promise<Answer> {
  const found = digestsOf(context, received);
  rejectStaleHash(image, found);
  const verdict = await context.flavour.judge(image, context.store.dataPath(image.id));
  if (verdict.fault !== undefined) {
    // The digests stay on an image that is queued again; the next upload is compared with them (a flaw of Glance).
    await context.store.removeData(image.id);
    await context.store.change(image.id, 'saving', { ...found, status: verdict.status });
    throw verdict.fault;
  }
  const mishap = context.flavour.mishap(image.id);
  const { virtualSize = null } = verdict;
  const status = mishap === 'killed' ? mishap : verdict.status;
  const becomes = status === 'active' ? { ...found, status, virtualSize, size: received.bytes } : { status };
  const delayMs = delayOf(mishap) ?? context.flavour.activationDelayMs;
  if (!(await complete(context, image, becomes, delayMs))) throw goneWhileUploading(image.id);
  return { status: 204 };
}

function delayOf(mishap: Mishap | undefined): number | undefined {
  if (mishap === 'saving for ever') return FOR_EVER_MS;
  return mishap === 'saving late' ? LATE_MS : undefined;
}

function complete(context: ImageContext, image: StoredImage, becomes: Completion['becomes'], delayMs: number) {
  if (delayMs === 0) return context.store.change(image.id, 'saving', becomes);
  const at = new Date(context.clock().getTime() + delayMs).toISOString();
  return context.store.change(image.id, 'saving', { completion: { at, becomes } });
}

export function digestsOf({ flavour }: ImageContext, { digests }: ReceivedFile) {
  const hashValue = digests[flavour.hashAlgorithm] ?? null;
  const hashAlgorithm = hashValue === null ? null : flavour.hashAlgorithm;
  return { checksum: digests.md5 ?? null, hashAlgorithm, hashValue };
}

function rejectStaleHash(image: StoredImage, found: ReturnType<typeof digestsOf>): void {
  const same = (before: string | null, now: string | null) => before === null || before === now;
  if (same(image.checksum, found.checksum) && same(image.hashValue, found.hashValue)) return;
  throw new Fault(500, 'The server has either erred or is incapable of performing the requested operation.');
}

/**
 * After a failure: an image that is still `saving` waits for data again; one that was deleted leaves none. The old data
 * go first: once it is `queued`, the data there may be those of the next PUT.
 */
async function takeBack({ store }: ImageContext, id: string): Promise<void> {
  const status = store.find(id)?.status;
  if (status === 'saving' || status === 'deleted') await store.removeData(id);
  await store.change(id, 'saving', { status: 'queued', size: null, virtualSize: null });
}

function goneWhileUploading(id: string): Fault {
  const reason = 'The image may have been deleted during the upload, cleaning up the chunks uploaded.';
  return new Fault(410, `Image ${id} could not be found after upload. ${reason}`);
}
