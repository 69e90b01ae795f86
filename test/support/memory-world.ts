import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type {
  Alteration,
  ImageEndpoint,
  ImagePage,
  RegisterJob,
  RegisterRoute,
} from '../../lambda/endpoints/endpoint.ts';
import { recordKey } from '../../lambda/model/drop.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { ID_PROPERTY, type Image, type NewImage, type Route, type UploadPlan } from '../../lambda/model/image.ts';
import { folderOf } from '../../lambda/model/metadata-keys.ts';
import type { MovedBytes } from '../../lambda/model/metrics.ts';
import { receiptKey, type Statement, statementOf } from '../../lambda/model/receipt.ts';
import type { DropRecord, QueueStage } from '../../lambda/model/record.ts';
import type { Target } from '../../lambda/model/target.ts';
import type { TargetBeginnings } from '../../lambda/model/target-beginnings.ts';
import { isFor, pauseAfter, type Refused, type TargetPause } from '../../lambda/model/target-pause.ts';
import type { Unpacking } from '../../lambda/model/unpacking.ts';
import type { VerifySignature } from '../../lambda/publisher/verdict.ts';
import { folderFiles } from '../../lambda/steps/metadata-files.ts';
import type {
  BeginningStore,
  Invocation,
  MessageQueue,
  ObjectHead,
  ObjectMessage,
  ObjectRef,
  ReceiptStore,
  RecordDraft,
  RecordMessage,
  RecordStore,
  SharingStore,
  SmallObject,
  TaggingStore,
  TargetPauses,
  WorkBucket,
} from '../../lambda/steps/ports.ts';
import { MemoryStaging } from './memory-staging.ts';

/** The outside world of the steps, in memory: buckets, records, queues, a topic and one image endpoint. */
export class MemoryWorld {
  time = new Date('2026-01-02T03:04:05.000Z');
  readonly workBucket = new MemoryWorkBucket();
  readonly objects = new MemoryObjects(() => this.time, this.workBucket.store);
  readonly dropBucket = 'drops';
  maxUnpackedBytes = 2 ** 30;
  readonly records = new MemoryRecords(() => this.time);
  readonly endpoint = new MemoryEndpoint();
  readonly staging = new MemoryStaging();
  readonly ingestQueue = new MemoryQueue();
  readonly unpackQueue = new MemoryQueue();
  readonly uploadQueue = new MemoryQueue();
  readonly statusQueue = new MemoryQueue();
  /** Of the step that is at work. */
  readonly ownQueue = new MemoryQueue();
  readonly pauses = new MemoryPauses(() => this.time);
  readonly beginnings = new MemoryBeginnings();
  readonly receipts = new MemoryReceipts();
  /** Of each run of reconcile, in the order of the runs. */
  readonly reconcileErrors: number[] = [];
  /** Of each pass of reconcile. */
  readonly withoutProgress: number[] = [];
  /** Of the last run of reconcile, by the function. */
  readonly openLetters = new Map<string, number>();
  /** Targets, for each drop that was put off. */
  readonly pauseCounts: string[] = [];
  readonly outcomes: DropRecord[] = [];
  readonly moved: MovedBytes[] = [];
  targets: Target[] = [target('here')];
  tagsDrops = true;
  marksSettled = false;

  readonly topic = { publish: async (_key: string, record: DropRecord) => void this.outcomes.push(record) };
  readonly meter = {
    countMoved: (moved: MovedBytes) => void this.moved.push(moved),
    countReconcileErrors: (errors: number) => void this.reconcileErrors.push(errors),
    countWithoutProgress: (records: number) => void this.withoutProgress.push(records),
    countOpenLetters: (stage: string, letters: number) => void this.openLetters.set(stage, letters),
    countPause: ({ target }: TargetPause) => void this.pauseCounts.push(target),
  };
  readonly endpoints = { of: async () => this.endpoint };
  readonly log = { info: () => {}, warn: () => {} };
  readonly now = () => this.time;
  readonly folderFiles = folderFiles(this.objects, this.now);
  /** S3 lists a thousand keys at most. */
  maxKeys = 1000;
  verifySignature?: VerifySignature;
  readonly folderKeys = async (_bucket: string, folder: string) => {
    const all = [...new Set(this.objects.versions.map(({ key }) => key))].filter((key) => folderOf(key) === folder);
    const keys = all.filter((key) => !this.objects.deleted.has(key)).sort();
    return { keys: keys.slice(0, this.maxKeys), isWhole: keys.length <= this.maxKeys };
  };

  pass(seconds: number): void {
    this.time = new Date(this.time.getTime() + seconds * 1000);
  }

  /** The S3 event of the newest version of a key. */
  event(key: string): unknown {
    const object = this.objects.newest(key);
    if (object === undefined) throw new Error(`no object ${key}`);
    const s3 = {
      bucket: { name: object.bucket },
      object: {
        key: encodeURIComponent(key).replaceAll('%20', '+'),
        versionId: object.versionId,
        eTag: object.etag,
        size: object.size,
      },
    };
    return { Records: [{ eventName: 'ObjectCreated:Put', eventTime: object.lastModified.toISOString(), s3 }] };
  }

  /** The record of the newest version of a key at a target. */
  record(key: string, targetName = 'here'): DropRecord {
    const object = this.objects.newest(key);
    const record = this.records.stored.get(this.recordKey(key, targetName));
    if (object === undefined || record === undefined) throw new Error(`no record of ${key}`);
    return record;
  }

  recordKey(key: string, targetName = 'here'): string {
    return recordKey({ key, id: this.objects.newest(key)?.versionId ?? '' }, targetName);
  }

  invocation(
    id = 'invocation-1',
    signal = new AbortController().signal,
    receives = 1,
  ): Invocation & { held: number[] } {
    const held: number[] = [];
    const holdMessage = async (seconds: number) => void held.push(seconds);
    return { id, signal, secondsLeft: 900, receives, sentAt: this.time, held, holdMessage };
  }
}

export function target(name: string): Target {
  return {
    name,
    kind: 'glance',
    maxPutBytes: 2 ** 40,
    route: 'auto',
    maxStreamBytes: 2 ** 35,
    activeWithinSeconds: 3600,
    unrecognisedRaw: 'warn',
    minDisk: { lowest: 0, highest: 1024 },
    convertTo: 'vhd',
    metadata: {},
  };
}

export class MemoryQueue implements MessageQueue {
  readonly sent: (RecordMessage & { delaySeconds: number })[] = [];
  /** Objects that are to be taken up, as events name them. */
  readonly events: ObjectMessage[] = [];

  async send(message: RecordMessage | ObjectMessage, delaySeconds = 0): Promise<void> {
    if ('Records' in message) this.events.push(message);
    else this.sent.push({ ...message, delaySeconds });
  }
}

class MemoryPauses implements TargetPauses {
  readonly stored = new Map<string, TargetPause>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  async of(target: string): Promise<TargetPause | undefined> {
    return this.stored.get(target);
  }

  async begin(refused: Refused, error: ImageDropError): Promise<TargetPause> {
    const pause = pauseAfter(this.stored.get(refused.target), refused, error, this.#now());
    this.stored.set(refused.target, pause);
    return pause;
  }

  async end(target: string, stage: QueueStage): Promise<void> {
    const pause = this.stored.get(target);
    if (pause && isFor(pause, stage)) this.stored.set(target, { ...pause, endedAt: this.#now().toISOString() });
  }
}

class MemoryBeginnings implements BeginningStore {
  stored: TargetBeginnings | undefined;

  async load(): Promise<TargetBeginnings | undefined> {
    return this.stored;
  }

  async change(decide: Parameters<BeginningStore['change']>[0]): Promise<TargetBeginnings> {
    this.stored = decide(this.stored);
    return this.stored;
  }
}

class MemoryReceipts implements ReceiptStore {
  readonly stored = new Map<string, Statement>();
  /** Thrown by the next calls, one each. */
  readonly faults: Error[] = [];

  async keep(recordKey: string, record: DropRecord): Promise<string> {
    const fault = this.faults.shift();
    if (fault !== undefined) throw fault;
    const key = receiptKey(record.image?.id ?? '');
    this.stored.set(key, statementOf(recordKey, record, '1.2.3'));
    return key;
  }
}

/** Packed drops are unpacked into it. */
class MemoryWorkBucket implements WorkBucket {
  readonly store = new MemoryStaging('work');
  readonly unpackings = {
    load: async (key: string): Promise<Unpacking | undefined> => this.#document(key),
    change: async (key: string, decide: Parameters<WorkBucket['unpackings']['change']>[1]) => {
      const next = decide(this.#document(key));
      if (next !== undefined) this.store.objects.set(key, Buffer.from(JSON.stringify(next)));
      return this.#document(key);
    },
  };

  #document(key: string): Unpacking | undefined {
    const bytes = this.store.objects.get(key);
    return bytes && JSON.parse(bytes.toString());
  }
}

interface StoredObject extends ObjectHead {
  readonly bytes: Buffer;
  readonly tags: Record<string, string>;
}

class MemoryObjects implements SharingStore, TaggingStore {
  readonly versions: StoredObject[] = [];
  readonly deleted = new Set<string>();
  readonly #now: () => Date;
  readonly #work: MemoryStaging;

  constructor(now: () => Date, work: MemoryStaging) {
    this.#now = now;
    this.#work = work;
  }

  put(key: string, bytes: Buffer, userMetadata: Record<string, string> = {}): StoredObject {
    const object = {
      bucket: 'drops',
      key,
      versionId: `v${this.versions.length + 1}`,
      etag: createHash('md5').update(bytes).digest('hex'),
      size: bytes.length,
      lastModified: this.#now(),
      userMetadata,
      bytes,
      tags: {},
    };
    this.versions.push(object);
    return object;
  }

  newest(key: string): StoredObject | undefined {
    return this.versions.findLast((object) => object.key === key);
  }

  async head(bucket: string, key: string, versionId?: string): Promise<ObjectHead | undefined> {
    if (bucket === this.#work.bucket) return this.#unpacked(key);
    if (versionId === undefined) return this.deleted.has(key) ? undefined : this.newest(key);
    return this.versions.find((object) => object.key === key && object.versionId === versionId);
  }

  async read(_bucket: string, key: string, maxBytes: number): Promise<SmallObject | undefined> {
    const object = this.deleted.has(key) ? undefined : this.newest(key);
    if (object === undefined) return undefined;
    const { bytes, ...head } = object;
    return bytes.length <= maxBytes ? { ...head, bytes } : head;
  }

  async open(ref: ObjectRef, range: { offset: number; length: number }): Promise<Readable> {
    const isUnpacked = ref.bucket === this.#work.bucket;
    const object = isUnpacked
      ? this.#unpacked(ref.key)
      : this.versions.find(({ key, versionId }) => key === ref.key && versionId === ref.versionId);
    if (object === undefined) throw new ImageDropError('object-gone', `${ref.key} is gone`);
    return Readable.from([object.bytes.subarray(range.offset, range.offset + range.length)]);
  }

  #unpacked(key: string): (ObjectHead & { readonly bytes: Buffer }) | undefined {
    const { bucket, objects } = this.#work;
    const bytes = objects.get(key);
    if (bytes === undefined) return undefined;
    const etag = createHash('md5').update(bytes).digest('hex');
    return { bucket, key, etag, size: bytes.length, lastModified: this.#now(), userMetadata: {}, bytes };
  }

  /** Of those that sign URLs; undefined: they do not say. */
  credentialsEnd: Date | undefined;

  async presign(ref: ObjectRef, seconds: number) {
    const url = `https://${ref.bucket}.example/${ref.key}?versionId=${ref.versionId}&expires=${seconds}`;
    return { url, credentialsEnd: this.credentialsEnd };
  }

  async tag(ref: { key: string; versionId?: string }, tags: Record<string, string>): Promise<string | undefined> {
    const object = this.versions.find(({ key, versionId }) => key === ref.key && versionId === ref.versionId);
    if (object === undefined) throw new ImageDropError('object-gone', `${ref.key} is gone`);
    Object.assign(object.tags, tags);
    return undefined;
  }
}

class MemoryRecords implements RecordStore {
  readonly stored = new Map<string, DropRecord>();
  /** Keys of records that a person has made unreadable. */
  readonly damaged = new Set<string>();
  /** Tells of the write at which the writer dies; once. */
  failsAt: ((next: RecordDraft) => boolean) | undefined;
  readonly #changedAt = new Map<string, Date>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  changedAt(key: string): Date {
    return this.#changedAt.get(key) ?? this.#now();
  }

  async load(key: string): Promise<DropRecord | undefined> {
    if (this.damaged.has(key)) throw new ImageDropError('bad-record', `The record ${key} is not JSON.`);
    return this.stored.get(key);
  }

  async keysBelow(prefix: string): Promise<readonly string[]> {
    return [...this.stored.keys()].filter((key) => key.startsWith(prefix));
  }

  async change(key: string, decide: Parameters<RecordStore['change']>[1]): Promise<DropRecord | undefined> {
    const present = this.stored.get(key);
    const next = decide(present);
    if (next === undefined) return present;
    if (this.failsAt?.(next) === true) {
      this.failsAt = undefined;
      throw new Error('The writer died.');
    }
    const revision = (present?.revision ?? 0) + 1;
    const record = { ...next, revision, nonce: `write-${revision}` };
    this.stored.set(key, record);
    this.#changedAt.set(key, this.#now());
    return record;
  }
}

type EndpointCall =
  | 'create'
  | 'release'
  | 'share'
  | 'alter'
  | 'get'
  | 'list'
  | 'upload'
  | 'delete'
  | 'import'
  | 'register'
  | 'job';

/** An image service whose every call can be made to fail once. */
export class MemoryEndpoint implements ImageEndpoint {
  readonly kind = 'glance';
  readonly images = new Map<string, Image & { bytes?: Buffer; visibility?: string; protected?: boolean }>();
  readonly deletedIds = new Set<string>();
  uploads = 0;
  /** How often it was asked for an image. */
  gets = 0;
  /** Thrown by the next call of that name, after its effect when `afterEffect` is set. */
  readonly faults: { call: EndpointCall; error: Error; afterEffect?: boolean }[] = [];

  route: Route = 'stream';
  /** The URLs that were given to be fetched. */
  readonly imported: string[] = [];
  /** What the service says of the newest import. */
  importFault: string | undefined;
  readonly imports = {
    begin: async (_id: string, url: string) => this.#faulty('import', () => void this.imported.push(url)),
    failure: async () => this.importFault,
  };

  /** The objects that were given to be read, as `bucket:key`, and what the service says of each job. */
  readonly registered: string[] = [];
  jobs: Record<string, RegisterJob> = {};
  readonly registers: RegisterRoute = {
    begin: async (_id, { bucket, key }) =>
      this.#faulty('register', () => `job-${this.registered.push(`${bucket}:${key}`)}`),
    fastImport: async (image, { bucket, key }) =>
      this.#faulty('register', () => {
        // A fast import sends no properties: only its tag shows whose it is.
        const made: Image = { ...image, id: `made-of-${image.id}`, properties: {}, status: 'queued', hashes: {} };
        this.images.set(made.id, made);
        return `job-${this.registered.push(`${bucket}:${key}`)}`;
      }),
    madeFor: async (id) => [...this.images.values()].filter((image) => image.id.startsWith(`made-of-${id}`)),
    job: async (id) => this.#faulty('job', () => this.jobs[id]),
  };

  async plan(_found: unknown, objectBytes: number): Promise<UploadPlan> {
    const range = { offset: 0, length: objectBytes };
    return { route: this.route, reason: 'The test says so.', diskFormat: 'raw', range, algorithms: ['sha512'] };
  }

  conform(image: NewImage): NewImage {
    return image;
  }

  async create(image: NewImage): Promise<Image> {
    return this.#faulty('create', () => {
      if (this.deletedIds.has(image.id)) throw new ImageDropError('image-id-taken', `${image.id} was deleted`);
      const present = this.images.get(image.id);
      if (present !== undefined) return present;
      const created: Image = { ...image, status: 'queued', hashes: {} };
      this.images.set(image.id, created);
      return created;
    });
  }

  async release(id: string, { visibility, protected: isProtected }: NewImage): Promise<void> {
    await this.#faulty('release', () => {
      const image = this.images.get(id);
      if (image === undefined) throw new ImageDropError('endpoint-answer', `There is no image ${id}.`);
      this.images.set(id, { ...image, visibility, protected: isProtected });
    });
  }

  /** The projects that each image is shared with. */
  /** Ids of images that a replica does not list yet. */
  readonly unlisted = new Set<string>();
  readonly members = new Map<string, string[]>();

  async share(id: string, project: string): Promise<void> {
    await this.#faulty('share', () => {
      const visibility = this.images.get(id)?.visibility;
      if (visibility !== 'shared') throw new ImageDropError('forbidden', `The image ${id} is ${visibility}.`);
      const members = this.members.get(id) ?? [];
      if (!members.includes(project)) this.members.set(id, [...members, project]);
    });
  }

  async alter(id: string, change: Alteration): Promise<void> {
    await this.#faulty('alter', () => {
      const image = this.images.get(id);
      if (image === undefined) throw new ImageDropError('endpoint-answer', `There is no image ${id}.`);
      this.images.set(id, { ...image, ...change });
    });
  }

  async bearing(property: string, value: string): Promise<readonly Image[]> {
    const listed = [...this.images.values()].filter(({ id }) => !this.unlisted.has(id));
    return listed.filter(({ properties }) => properties[property] === value);
  }

  async createdFor(id: string): Promise<readonly Image[]> {
    return this.#faulty('get', () => [...this.images.values()].filter((image) => image.properties[ID_PROPERTY] === id));
  }

  async get(id: string): Promise<Image | undefined> {
    this.gets += 1;
    return this.#faulty('get', () => this.images.get(id));
  }

  async list(): Promise<ImagePage> {
    return this.#faulty('list', () => ({ items: [...this.images.values()] }));
  }

  async upload(id: string, body: Readable): Promise<void> {
    this.uploads += 1;
    const bytes = await buffer(body);
    await this.#faulty('upload', () => {
      const status = this.images.get(id)?.status;
      if (status !== 'queued')
        throw new ImageDropError('upload-interrupted', `The image ${id} is ${status ?? 'gone'}.`);
      this.become(id, 'active', bytes);
    });
  }

  async delete(id: string): Promise<void> {
    await this.#faulty('delete', () => {
      if (this.images.get(id)?.protected) throw new ImageDropError('image-protected', `Image ${id} is protected.`);
      this.images.delete(id);
      this.deletedIds.add(id);
    });
  }

  /** Brings an image into a status, with the size and hashes of its bytes. */
  become(id: string, status: Image['status'], bytes?: Buffer): void {
    const image = this.images.get(id);
    if (image === undefined) throw new Error(`no image ${id}`);
    const hashes = bytes === undefined ? {} : { sha512: createHash('sha512').update(bytes).digest('hex') };
    this.images.set(id, { ...image, status, hashes, ...(bytes && { bytes, size: bytes.length }) });
  }

  async #faulty<T>(call: EndpointCall, effect: () => T): Promise<T> {
    const index = this.faults.findIndex((fault) => fault.call === call);
    const [fault] = index >= 0 ? this.faults.splice(index, 1) : [];
    if (fault !== undefined && fault.afterEffect !== true) throw fault.error;
    const result = effect();
    if (fault !== undefined) throw fault.error;
    return result;
  }
}
