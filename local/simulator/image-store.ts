import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { asOf, type ImageStatus, type StoredImage } from './image.ts';
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
