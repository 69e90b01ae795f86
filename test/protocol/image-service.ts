import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ImageEndpoint, RegisterJob } from '../../lambda/endpoints/endpoint.ts';
import { type ErrorCode, ImageDropError } from '../../lambda/model/errors.ts';
import { ID_PROPERTY, type Image, type NewImage, type UploadPlan } from '../../lambda/model/image.ts';

/** What the service makes of an upload whose client has crashed; docs/endpoints.md has each. */
export type Aftermath = 'queued' | 'saving' | 'active';

/** What a service answers one call with, though it could do it. */
export interface Refusal {
  readonly call: 'create' | 'get' | 'upload' | 'delete';
  readonly code: ErrorCode;
  /** Whether that concerns the whole target, which is then paused. */
  readonly wholeTarget?: boolean;
}

export interface ServiceSettings {
  readonly route: 'stream' | 'import' | 'register' | 'fast-import';
  /**
   * How a creation that is tried again finds its own image: by an id that we choose (Glance), by looking for our property
   * before (IMS), or not at all. @default 'id'
   */
  readonly findsBy?: 'id' | 'property' | 'nothing';
  /** A call that is answered so, once, after `refuseNext`. @default none */
  readonly refuses?: Refusal;
  /** Whether the first image is stored wrongly. @default false */
  readonly breaksFirst?: boolean;
}

type StoredImage = Image & { readonly bytes?: Buffer };

/** Holds a call up in its middle. */
export type Gate = (label: string) => Promise<void>;

export const MIDDLE_OF_UPLOAD = 'upload, in its middle';

/** An image service in memory that does what docs/endpoints.md says of Glance, one call at a time. */
export class ImageService {
  readonly images = new Map<string, StoredImage>();
  readonly #deletedIds = new Set<string>();
  readonly #source: Buffer;
  readonly #settings: ServiceSettings;
  #activated = 0;
  #isToRefuse = false;

  /** @param source what an import fetches */
  constructor(source: Buffer, settings: ServiceSettings) {
    this.#source = source;
    this.#settings = settings;
  }

  endpoint(gate: Gate): ImageEndpoint {
    return {
      kind: 'glance',
      plan: async (_found, objectBytes) => this.#plan(objectBytes),
      conform: (image) => image,
      create: (image) => this.#refusable('create', () => this.#create(image, gate)),
      release: async (id, { visibility, protected: isProtected }) => {
        const image = this.images.get(id);
        if (image !== undefined)
          this.images.set(id, Object.assign({ ...image }, { visibility, protected: isProtected }));
      },
      share: async () => undefined,
      alter: async () => undefined,
      bearing: async () => [],
      createdFor: async (id) => this.#createdFor(id),
      get: (id) => this.#refusable('get', async () => this.images.get(id)),
      list: async () => ({ items: [...this.images.values()] }),
      upload: (id, body, _length, signal) =>
        this.#refusable('upload', () => this.#upload(id, body, (label) => untilAborted(gate(label), signal))),
      imports: { begin: async (id) => this.#beginImport(id), failure: async () => undefined },
      registers: {
        begin: async (id) => this.#register(id),
        fastImport: async (image) => this.#fastImport(image),
        madeFor: async (id) => this.#createdFor(id),
        job: async (jobId) => this.#job(jobId.replace('job-of-', '')),
      },
      delete: (id) =>
        this.#refusable('delete', async () => {
          this.images.delete(id);
          this.#deletedIds.add(id);
        }),
    };
  }

  /** Before, the service takes every call: what happened earlier is not what is explored. */
  refuseNext(): void {
    this.#isToRefuse = true;
  }

  finishImports(): void {
    for (const image of this.images.values()) {
      if (image.status === 'importing') this.#activate(image, this.#source);
    }
  }

  /** The clients of all uploads under way are gone. */
  abandonUploads(aftermath: Aftermath): void {
    for (const image of this.images.values()) {
      if (image.status !== 'saving') continue;
      if (aftermath === 'active') this.#activate(image, this.#source);
      else this.images.set(image.id, { ...image, status: aftermath });
    }
  }

  async #refusable<T>(call: Refusal['call'], work: () => Promise<T>): Promise<T> {
    const { refuses } = this.#settings;
    if (refuses?.call !== call || !this.#isToRefuse) return work();
    this.#isToRefuse = false;
    const { code, wholeTarget = false } = refuses;
    throw new ImageDropError(code, `The service refuses to ${call}.`, { wholeTarget });
  }

  #plan(objectBytes: number): UploadPlan {
    const range = { offset: 0, length: objectBytes };
    return {
      route: this.#settings.route,
      reason: 'The test says so.',
      diskFormat: 'raw',
      range,
      algorithms: ['sha512'],
    };
  }

  async #create(image: NewImage, gate: Gate): Promise<Image> {
    const { findsBy = 'id' } = this.#settings;
    if (this.#deletedIds.has(image.id)) throw new ImageDropError('image-id-taken', `${image.id} was deleted.`);
    if (findsBy === 'property') {
      const [earlier] = this.#createdFor(image.id);
      if (earlier !== undefined) return earlier;
      await gate('create, having looked');
    }
    const id = findsBy === 'id' ? image.id : crypto.randomUUID();
    const created: Image = this.images.get(id) ?? { ...image, id, status: 'queued', hashes: {} };
    this.images.set(id, created);
    return created;
  }

  #createdFor(id: string): readonly Image[] {
    return [...this.images.values()].filter(({ properties }) => properties[ID_PROPERTY] === id);
  }

  async #upload(id: string, body: Readable, gate: Gate): Promise<void> {
    const image = this.images.get(id);
    if (image?.status !== 'queued') throw interrupted(image);
    this.images.set(id, { ...image, status: 'saving' });
    const bytes = await buffer(body);
    await gate(MIDDLE_OF_UPLOAD);
    const saving = this.images.get(id);
    if (saving?.status !== 'saving') throw interrupted(saving);
    this.#activate(saving, bytes);
  }

  #beginImport(id: string): void {
    const image = this.images.get(id);
    if (image === undefined) throw new ImageDropError('image-lost', `Image ${id} is gone.`);
    // Whatever else it is, an import is under way or over: 409, a success.
    if (image.status === 'queued') this.images.set(id, { ...image, status: 'importing' });
  }

  #register(id: string): string {
    const image = this.images.get(id);
    if (image === undefined) throw new ImageDropError('image-lost', `Image ${id} is gone.`);
    if (image.status === 'queued') this.images.set(id, { ...image, status: 'importing' });
    return `job-of-${id}`;
  }

  /** The service chooses the id, and another request makes another image. */
  #fastImport(image: NewImage): string {
    const id = crypto.randomUUID();
    this.images.set(id, { ...image, id, status: 'importing', hashes: {} });
    return `job-of-${id}`;
  }

  /** A job names its image when it is done. */
  #job(id: string): RegisterJob {
    const isDone = this.images.get(id)?.status === 'active';
    return isDone ? { state: 'done', imageId: id } : { state: 'running' };
  }

  #activate(image: StoredImage, received: Buffer): void {
    this.#activated += 1;
    const isBroken = this.#settings.breaksFirst === true && this.#activated === 1;
    const bytes = isBroken ? Buffer.from(received).reverse() : received;
    const hashes = { sha512: createHash('sha512').update(bytes).digest('hex') };
    this.images.set(image.id, { ...image, status: 'active', bytes, size: bytes.length, hashes });
  }
}

/** A client whose signal has aborted gets no answer. */
async function untilAborted(answer: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  await answer;
  signal?.throwIfAborted();
}

/** 404, 409 and 410 tell nothing of the image. */
function interrupted(image: Image | undefined): ImageDropError {
  return new ImageDropError('upload-interrupted', `The image is ${image?.status ?? 'gone'}.`);
}
