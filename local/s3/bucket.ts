import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Blobs } from './blobs.ts';
import type { CorsRule } from './cors.ts';
import { JsonFiles } from './json-files.ts';
import type { BucketNotification } from './notifications.ts';
import { Uploads } from './uploads.ts';
import {
  type DeleteMarker,
  type NewContent,
  NULL_VERSION,
  type ObjectAttributes,
  type StoredObject,
  type Tag,
  type Version,
  wholeSeconds,
} from './version.ts';
import { type Sequencer, VersionIndex } from './version-index.ts';

export interface BucketSettings {
  readonly name: string;
  readonly versioned: boolean;
  /** Whether versioning was suspended later: what is written then has the version id `null`. @default false */
  readonly suspended?: boolean;
  readonly notifications: readonly BucketNotification[];
  /** @default none: pages of other origins may ask nothing */
  readonly cors?: readonly CorsRule[];
}

export interface BucketPlace {
  readonly folder: string;
  readonly clock: () => Date;
  /** Shared by all buckets. */
  readonly sequencer: Sequencer;
}

/** Run when a change is on disk; if it throws, the change is taken back. */
export type Announce<T extends Version> = (version: T) => Promise<void>;

/**
 * The objects of one bucket. A version is there as soon as its document is; the document is renamed into place when the
 * bytes are on disk, so that a process killed at any moment leaves whole objects only. (Power failure is another thing:
 * nothing is forced through the caches of the operating system.)
 */
export class Bucket {
  readonly settings: BucketSettings;
  readonly index = new VersionIndex();
  readonly blobs: Blobs;
  readonly uploads: Uploads;
  /** Held while something changes what is stored under a key. */
  readonly locks = new KeyLock();
  readonly #place: BucketPlace;
  readonly #documents: JsonFiles<Version>;

  private constructor(
    settings: BucketSettings,
    place: BucketPlace,
    files: { documents: JsonFiles<Version>; blobs: Blobs; uploads: Uploads },
  ) {
    this.settings = settings;
    this.#place = place;
    this.#documents = files.documents;
    this.blobs = files.blobs;
    this.uploads = files.uploads;
  }

  static async open(settings: BucketSettings, place: BucketPlace): Promise<Bucket> {
    const bucket = new Bucket(settings, place, {
      documents: await JsonFiles.open<Version>(join(place.folder, 'versions')),
      blobs: await Blobs.open(join(place.folder, 'blobs')),
      uploads: await Uploads.open(join(place.folder, 'uploads')),
    });
    await bucket.#load();
    return bucket;
  }

  /** The newest version, an object or a delete marker. */
  newest(key: string): Version | undefined {
    return this.index.of(key)[0];
  }

  /** What a GET without a version id finds. */
  current(key: string): StoredObject | undefined {
    const newest = this.newest(key);
    return newest?.kind === 'object' ? newest : undefined;
  }

  /** Needs the lock of the key. */
  async store(
    key: string,
    content: NewContent & ObjectAttributes,
    announce: Announce<StoredObject>,
  ): Promise<StoredObject> {
    const object: StoredObject = { kind: 'object', ...this.#identity(key), ...content };
    await this.#put(object, announce);
    return object;
  }

  /** Hides what is there. Needs the lock of the key. */
  async mark(key: string, announce: Announce<DeleteMarker>): Promise<DeleteMarker> {
    const marker: DeleteMarker = { kind: 'delete-marker', ...this.#identity(key) };
    await this.#put(marker, announce);
    return marker;
  }

  /** Deletes one version permanently. Needs the lock of the key. */
  async remove<T extends Version>(version: T, announce: Announce<T>): Promise<void> {
    await this.#unpublish(version);
    try {
      await announce(version);
    } catch (error) {
      this.#publish(version);
      throw error;
    }
    await this.#discard(version);
  }

  /** Replaces the tags of a version, which stays what it is otherwise. Needs the lock of the key. */
  async retag(object: StoredObject, tags: readonly Tag[]): Promise<void> {
    this.#publish({ ...object, tags });
  }

  /** Lets an archived version be read for some time. Needs the lock of the key. */
  async restore(object: StoredObject, restoredUntil: string): Promise<StoredObject> {
    const restored = { ...object, restoredUntil };
    this.#publish(restored);
    return restored;
  }

  async #put<T extends Version>(version: T, announce: Announce<T>): Promise<void> {
    const replaced = this.index.find(version.key, version.versionId);
    this.#publish(version);
    try {
      await announce(version);
    } catch (error) {
      if (replaced === undefined) await this.#unpublish(version);
      else this.#publish(replaced);
      throw error;
    }
    if (replaced !== undefined) await this.#discard(replaced);
  }

  #publish(version: Version): void {
    this.#documents.write(documentName(version), version);
    this.index.set(version);
  }

  async #unpublish(version: Version): Promise<void> {
    await this.#documents.remove(documentName(version));
    this.index.delete(version);
  }

  async #discard(version: Version): Promise<void> {
    if (version.kind === 'object') await this.blobs.remove(version.parts);
  }

  #identity(key: string) {
    const { versioned, suspended = false } = this.settings;
    const versionId = versioned && !suspended ? randomBytes(24).toString('base64url') : NULL_VERSION;
    const lastModified = wholeSeconds(this.#place.clock());
    return { key, versionId, sequencer: this.#place.sequencer.next(), lastModified };
  }

  async #load(): Promise<void> {
    const completed = new Set<string>();
    const blobs = new Set<string>();
    for await (const version of this.#documents.all()) {
      this.index.set(version);
      this.#place.sequencer.observe(version.sequencer);
      if (version.kind === 'delete-marker') continue;
      if (version.uploadId !== undefined) completed.add(version.uploadId);
      for (const { blob } of version.parts) blobs.add(blob);
    }
    for (const upload of this.uploads.all()) {
      // The object was there when the process ended, but the upload had not been put away.
      if (completed.has(upload.uploadId)) await this.uploads.remove(upload);
      else for (const { blob } of upload.parts.values()) blobs.add(blob);
    }
    await this.blobs.removeAllBut(blobs);
  }
}

/** Keys are hashed: they may be longer than file names, and hold `/` and `..`. */
function documentName({ key, versionId }: Version): string {
  return `${createHash('sha256').update(key).digest('hex')}.${versionId}`;
}

/** Lets one task at a time work on a key; the others wait in their order. */
class KeyLock {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const mine = before.then(task);
    const settled = mine.catch(() => undefined);
    this.#last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}
