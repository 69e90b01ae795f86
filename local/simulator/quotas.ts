import { Fault, type JsonObject } from './http.ts';
import type { StoredImage } from './image.ts';
import type { ByteLimit } from './image-file.ts';
import type { LiveImages } from './image-store.ts';
import type { GlanceLimits } from './settings.ts';

const MIB = 1024 ** 2;

/** What Glance refuses with 413; the text tells which limit it was. */
export class Quotas {
  readonly #limits: GlanceLimits;

  constructor(limits: GlanceLimits) {
    this.#limits = limits;
  }

  /** Only unified limits are shown (GET /v2/info/usage); the options of the configuration file are not. */
  usage(project: string, live: readonly StoredImage[]): JsonObject {
    const owned = live.filter(({ owner }) => owner === project);
    const figures = [
      ['image_count_total', this.#limits.imageCountTotal, owned.length],
      ['image_count_uploading', this.#limits.imageCountUploading, countUploading(owned)],
      ['image_size_total', this.#limits.imageSizeTotalMiB, Math.floor(bytesOf(owned) / MIB)],
    ] as const;
    const limited = figures.filter(([, limit]) => limit !== undefined);
    return Object.fromEntries(limited.map(([name, limit, usage]) => [name, { limit, usage }]));
  }

  admitImage(project: string, live: LiveImages): void {
    const count = () => ownedBy(project, live).length;
    this.#unified(project, 'image_count_total', this.#limits.imageCountTotal, count, 1);
  }

  /** Glance asks this first of all, with the size that the client declared. */
  admitSize(declaredBytes: number | undefined, project: string, live: LiveImages): void {
    const usage = () => Math.floor(bytesOf(ownedBy(project, live)) / MIB);
    const delta = Math.floor((declaredBytes ?? 0) / MIB);
    this.#unified(project, 'image_size_total', this.#limits.imageSizeTotalMiB, usage, delta);
  }

  /** @param live the image of this upload among them, `saving` already */
  admitUpload(project: string | null, declaredBytes: number | undefined, live: LiveImages): ByteLimit[] {
    const owned = () => ownedBy(project, live);
    const others = () => countUploading(owned()) - 1;
    this.#unified(project, 'image_count_uploading', this.#limits.imageCountUploading, others, 1);
    const quota = byteLimit(
      this.#limits.userStorageQuotaBytes,
      () => bytesOf(owned()),
      'Image exceeds the storage quota: ',
    );
    const store = byteLimit(this.#limits.storeCapacityBytes, () => bytesOf(live()), 'Image storage media is full: ');
    const cap = byteLimit(this.#limits.imageSizeCapBytes, () => 0, 'The incoming image is too large: ');
    const known = quota.find(({ maxBytes }) => (declaredBytes ?? 0) > maxBytes);
    if (known !== undefined) throw known.fault;
    return [...cap, ...quota, ...store];
  }

  #unified(
    project: string | null,
    name: string,
    limit: number | undefined,
    usageOf: () => number,
    delta: number,
  ): void {
    if (limit === undefined) return;
    const usage = usageOf();
    if (usage + delta <= limit) return;
    const figures = `Resource ${name} is over limit of ${limit} due to current usage ${usage} and delta ${delta}`;
    throw new Fault(413, `Project ${project} is over a limit for [${figures}]`);
  }
}

function byteLimit(limit: number | undefined, usedBytes: () => number, words: string): ByteLimit[] {
  if (limit === undefined) return [];
  const maxBytes = limit - usedBytes();
  return [{ maxBytes, fault: new Fault(413, `${words}${maxBytes} bytes are left of ${limit}.`) }];
}

const ownedBy = (project: string | null, live: LiveImages): readonly StoredImage[] =>
  live().filter(({ owner }) => owner === project);

function bytesOf(images: readonly StoredImage[]): number {
  // Staged files are in no store yet.
  return images.reduce((sum, { size, status }) => sum + (status === 'uploading' ? 0 : (size ?? 0)), 0);
}

function countUploading(images: readonly StoredImage[]): number {
  return images.filter(({ status }) => status === 'saving' || status === 'uploading').length;
}
