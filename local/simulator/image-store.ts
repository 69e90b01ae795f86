import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { callerOf, ownImage, visibleImage } from './authentication.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, isObject, json, readJson } from './http.ts';
import { asOf, type ImageStatus, type StoredImage, WITHOUT_DATA } from './image.ts';
import { JsonFolder } from './json-folder.ts';

/** All images that are not deleted; asked for only when needed, because counting them takes longer the more there are. */
export type LiveImages = () => readonly StoredImage[];

/**
 * The images of one service: a JSON file and, once it has been uploaded, a data file for each. Reads are answered from
 * memory; a change is on disk before anybody can read it. Deleted images stay, as their ids stay taken.
 */
export class ImageStore {
  readonly #folder: string;
  readonly #clock: () => Date;
  readonly #files: JsonFolder<StoredImage>;
  readonly #images: Map<string, StoredImage>;

  private constructor(
    folder: string,
    clock: () => Date,
    { files, byId }: { files: JsonFolder<StoredImage>; byId: Map<string, StoredImage> },
  ) {
    this.#folder = folder;
    this.#clock = clock;
    this.#files = files;
    this.#images = byId;
  }

  static async open(folder: string, clock: () => Date): Promise<ImageStore> {
    await mkdir(path.join(folder, 'data'), { recursive: true });
    return new ImageStore(folder, clock, await JsonFolder.open<StoredImage>(path.join(folder, 'images')));
  }

  find(id: string): StoredImage | undefined {
    const image = this.#images.get(id);
    return image && asOf(image, this.#clock());
  }

  /** All images that are not deleted. */
  live(): StoredImage[] {
    const now = this.#clock();
    return [...this.#images.values()].map((image) => asOf(image, now)).filter(({ status }) => status !== 'deleted');
  }

  /** @returns false when the id is taken, even by a deleted image */
  async add(image: StoredImage): Promise<boolean> {
    if (this.#images.has(image.id)) return false;
    this.#save(image);
    return true;
  }

  /**
   * Compare-and-swap on the status. What the image was to become is forgotten unless the changes say it again.
   * @returns the changed image; undefined, with nothing changed, when its status is another
   */
  async change(id: string, from: ImageStatus, changes: Partial<StoredImage>): Promise<StoredImage | undefined> {
    const image = this.find(id);
    if (image?.status !== from) return undefined;
    const { completion: _, ...kept } = image;
    const changed = { ...kept, ...changes, updatedAt: this.#clock().toISOString() };
    this.#save(changed);
    return changed;
  }

  dataPath(id: string): string {
    return path.join(this.#folder, 'data', id);
  }

  /** The path of the file that was staged for an import. */
  stagedPath(id: string): string {
    return `${this.dataPath(id)}.staged`;
  }

  async removeStaged(id: string): Promise<void> {
    await rm(this.stagedPath(id), { force: true });
  }

  async removeData(id: string): Promise<void> {
    await rm(this.dataPath(id), { force: true });
    await this.removeStaged(id);
  }

  #save(image: StoredImage): void {
    this.#files.save(image);
    this.#images.set(image.id, image);
  }
}

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
