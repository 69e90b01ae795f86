import { type ErrorCode, ImageDropError } from '../../lambda/model/errors.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { isSettled, type RecordDraft } from '../../lambda/model/record-changes.ts';
import { isFromStorage } from '../../lambda/model/staging.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import type { RecordStore, StagingStore } from '../../lambda/steps/ports.ts';
import type { ReconcileDependencies } from '../../lambda/steps/reconcile/ports.ts';
import { reconcile } from '../../lambda/steps/reconcile/reconcile.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { unpackImage } from '../../lambda/steps/unpack-image.ts';
import { rawDisk } from '../support/disk.ts';
import { zipOf } from '../support/packed/packed-files.ts';
import { ReconcileWorld } from '../support/reconcile-world.ts';
import { Gates, type Scenario } from './explorer.ts';
import { gated } from './gated.ts';
import { type Aftermath, type Gate, ImageService, MIDDLE_OF_UPLOAD, type ServiceSettings } from './image-service.ts';

export type QueueName = 'ingestQueue' | 'unpackQueue' | 'uploadQueue' | 'statusQueue';
/** Who may be at work beside others: a function by the queue of its message, or reconcile. */
export type Worker = QueueName | 'reconcile';
/** The queues that a drop passes, in this order. */
const WAY: readonly QueueName[] = ['ingestQueue', 'uploadQueue', 'statusQueue'];
const WAY_OF_PACKED: readonly QueueName[] = ['ingestQueue', 'unpackQueue', ...WAY];

export interface Message {
  readonly queue: Worker;
  readonly body: unknown;
  /** Whether it has been given to somebody before. */
  readonly isAgain?: boolean;
}

export interface DropSettings extends ServiceSettings {
  readonly aftermath: Aftermath;
  /** How far the drop has come before the workers begin. */
  readonly from: QueueName;
  /** The queues from which the two workers have their messages; two of one queue are one message delivered twice. */
  readonly workers: readonly Worker[];
  /** What the drop may fail with, because the service refuses a call. @default nothing */
  readonly mayFailWith?: ErrorCode;
  /** Whether the disk has to be unpacked first. @default false */
  readonly isPacked?: boolean;
  /** Whether the object is deleted as soon as a worker has crashed or is held up. @default false */
  readonly vanishes?: boolean;
}

const KEY = 'a.img';
/** Each lets a minute pass; a sound drop needs a handful. */
const MAX_ROUNDS = 60;
/** Longer than a lease. */
const SECONDS_PER_ROUND = 61;

/** Where bytes move: everything else goes on to its end, whatever time is left. */
const WATCHES_TIME = ['objects.open', 'store.storePart', 'endpoint.upload', MIDDLE_OF_UPLOAD];

/** Without a decoder: those of Node.js work in other threads, which the explorer would wait for. */
const packed = (disk: Buffer): Buffer => zipOf([{ name: 'disk.raw', bytes: disk, method: 0 }]);

const freely: Gate = async () => {};

/** One drop on its way through the steps themselves, in a world in memory. */
export class DropScenario implements Scenario {
  readonly gates = new Gates();
  readonly #world = new ReconcileWorld();
  readonly #disk = rawDisk();
  readonly #settings: DropSettings;
  readonly #service: ImageService;
  readonly #given: Message[] = [];
  readonly #waiting: Message[] = [];
  readonly #wrong: string[] = [];
  readonly #deadlines: readonly AbortController[];
  #deliveries = 0;

  constructor(settings: DropSettings) {
    this.#settings = settings;
    this.#service = new ImageService(this.#disk, settings);
    this.#deadlines = settings.workers.map(() => new AbortController());
    // A fast import of a copy needs a bitmap file beside it, too.
    this.#world.staging.isDropBucket = settings.route === 'fast-import';
    this.#world.objects.put(KEY, settings.isPacked === true ? packed(this.#disk) : this.#disk);
    this.#waiting.push({ queue: 'ingestQueue', body: this.#world.event(KEY) });
  }

  async prepare(): Promise<void> {
    const way = this.#settings.isPacked === true ? WAY_OF_PACKED : WAY;
    for (const queue of way.slice(0, way.indexOf(this.#settings.from))) {
      // A file that is staged has a message for each of its chunks.
      do await this.#work(this.#take(queue), freely);
      while (this.#waiting.some((each) => each.queue === queue));
    }
    this.#given.push(...this.#settings.workers.map((queue) => this.#messageOf(queue)));
    this.#waiting.length = 0;
  }

  start(): readonly Promise<void>[] {
    this.#service.refuseNext();
    return this.#given.map((message, worker) => this.#run(worker, message));
  }

  crashed(worker: number, label: string): void {
    const message = this.#given[worker];
    if (message !== undefined) this.#waiting.push({ ...message, isAgain: true });
    if (label === MIDDLE_OF_UPLOAD) this.#service.abandonUploads(this.#settings.aftermath);
    this.#mayVanish();
  }

  watchesTime(label: string): boolean {
    return WATCHES_TIME.includes(label);
  }

  expired(worker: number, label: string): void {
    this.#deadlines[worker]?.abort(new ImageDropError('out-of-time', 'The time of the function is nearly over.'));
    if (label === MIDDLE_OF_UPLOAD) this.#service.abandonUploads(this.#settings.aftermath);
  }

  async deliverOnce(): Promise<void> {
    this.#mayVanish();
    this.#world.pass(SECONDS_PER_ROUND);
    this.#service.finishImports();
    for (const message of this.#waiting.splice(0)) {
      await this.#work(message, freely).catch((error) => this.#comeBack(message, error));
    }
  }

  async drain(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS && this.#waiting.length > 0; round += 1) await this.deliverOnce();
    if (this.#waiting.length > 0) this.#wrong.push(`${this.#waiting.length} messages go round for ever`);
  }

  violations(): readonly string[] {
    const [record, ...others] = this.#world.records.stored.values();
    if (record === undefined || others.length > 0)
      return [...this.#wrong, `there are ${others.length} records too many`];
    if (!isSettled(record)) return [...this.#wrong, `the record stays ${record.status}`];
    return [
      ...this.#wrong,
      ...(record.status === 'active' ? this.#wrongOfActive(record) : this.#wrongOfFailed(record)),
      ...(record.announcedAt === undefined ? ['the outcome is not announced'] : []),
      ...this.#leftInWorkBucket(),
    ];
  }

  #leftInWorkBucket(): readonly string[] {
    const { objects, multipart } = this.#world.workBucket.store;
    return [...objects.keys(), ...multipart.keys()].map((key) => `${key} is left in the work bucket`);
  }

  #wrongOfActive(record: DropRecord): readonly string[] {
    const images = [...this.#service.images.values()];
    const image = images.find(({ id }) => id === record.image?.id);
    const isWhole = image?.status === 'active' && image.bytes?.equals(this.#disk);
    return [
      ...(images.length === 1 ? [] : [`the drop is active with ${images.length} images`]),
      ...(isWhole ? [] : [`the image is ${image?.status ?? 'gone'}, or not what was dropped`]),
      ...(this.#isAsVerifiedAsCanBe(record) ? [] : ['the image was not verified']),
    ];
  }

  /** What is read from object storage has no hash of ours, nor has an import whose function had no time to read it. */
  #isAsVerifiedAsCanBe({ verification, unread }: DropRecord): boolean {
    const { route } = this.#settings;
    if (isFromStorage(route)) return verification?.outcome === 'unverified';
    const hadNoTime = route === 'import' && this.#deadlines.some(({ signal }) => signal.aborted);
    return verification?.outcome === 'verified' || (hadNoTime && unread !== undefined);
  }

  #wrongOfFailed({ status, error, removing = [] }: DropRecord): readonly string[] {
    const { size } = this.#service.images;
    const mayFail =
      this.#settings.vanishes === true && (error?.code === 'object-gone' || error?.code === 'object-changed');
    const isRefused = error !== undefined && error.code === this.#settings.mayFailWith;
    return [
      ...(size === removing.filter(({ obstacle }) => obstacle !== undefined).length
        ? []
        : [`the drop is ${status} and leaves ${size} images`]),
      ...(mayFail || isRefused ? [] : [`the drop ends as ${status}: ${error?.message}`]),
    ];
  }

  #mayVanish(): void {
    if (this.#settings.vanishes === true) this.#world.objects.deleted.add(KEY);
  }

  /** The event, or what was sent on; made up where a worker is to come late. */
  #messageOf(queue: Worker): Message {
    const sent = this.#waiting.find((each) => each.queue === queue);
    return sent ?? { queue, body: { record: this.#world.recordKey(KEY) } };
  }

  #take(queue: QueueName): Message {
    const [message] = this.#waiting.splice(
      this.#waiting.findIndex((each) => each.queue === queue),
      1,
    );
    if (message?.queue !== queue) throw new Error(`No message waits in the ${queue}.`);
    return message;
  }

  async #run(worker: number, message: Message): Promise<void> {
    const gate = (label: string) => this.gates.pass(worker, label);
    try {
      await gate('begins');
      await this.#work(message, gate, this.#deadlines[worker]?.signal);
      await gate('lets its message go');
    } catch (error) {
      this.#comeBack(message, error);
    }
  }

  #comeBack(message: Message, error: unknown): void {
    if (error instanceof ImageDropError && error.retryable) this.#waiting.push({ ...message, isAgain: true });
    else this.#wrong.push(`a message ends among the dead letters: ${error}`);
  }

  async #work({ queue, body, isAgain = false }: Message, gate: Gate, signal?: AbortSignal): Promise<void> {
    this.#deliveries += 1;
    const invocation = this.#world.invocation(`delivery-${this.#deliveries}`, signal, isAgain ? 2 : 1);
    const dependencies = this.#dependencies(queue, gate);
    switch (queue) {
      case 'ingestQueue':
        return createMetadata(body, invocation, dependencies);
      case 'unpackQueue':
        return unpackImage(body, invocation, { ...dependencies, maxUnpackedBytes: this.#disk.length });
      case 'uploadQueue':
        return streamUpload(body, invocation, dependencies);
      case 'statusQueue':
        return recordStatus(body, invocation, dependencies);
      case 'reconcile':
        await reconcile({ dryRun: false }, invocation, { ...this.#world, ...dependencies } as ReconcileDependencies);
    }
  }

  /** What must hold at each write, whatever comes of it in the end. */
  #watchedRecords(): RecordStore {
    const { records } = this.#world;
    return {
      load: (key) => records.load(key),
      keysBelow: (prefix) => records.keysBelow(prefix),
      change: (key, decide) =>
        records.change(key, (stored) => {
          const next = decide(stored);
          if (stored !== undefined && next !== undefined) this.#watch(stored, next);
          return next;
        }),
    };
  }

  #watch(stored: DropRecord, next: RecordDraft): void {
    const change = `${stored.status} (generation ${stored.generation}) to ${next.status} (generation ${next.generation})`;
    const isBack = next.generation < stored.generation || (isSettled(stored) && next.status !== stored.status);
    if (isBack) this.#wrong.push(`the record goes back: ${change}`);
    // Where ids are the service's own, a second image may be there until the message of its creator comes again.
    const mayBeTwo = this.#settings.findsBy === 'property' || this.#settings.route === 'fast-import';
    if (this.#service.images.size > 1 && !mayBeTwo) this.#wrong.push(`there are two images at the step from ${change}`);
  }

  #dependencies(from: Worker, gate: Gate) {
    const {
      objects,
      dropBucket,
      tagsDrops,
      marksSettled,
      folderFiles,
      folderKeys,
      staging,
      pauses,
      beginnings,
      receipts,
      targets,
      log,
      now,
      topic,
      meter,
    } = this.#world;
    const { store, unpackings } = this.#world.workBucket;
    const endpoint = gated('endpoint', this.#service.endpoint(gate), gate);
    const queue = (name: QueueName) => ({
      send: async (body: unknown) => {
        await gate(`${name}.send`);
        this.#waiting.push({ queue: name, body });
      },
    });
    return {
      objects: {
        ...gated(
          'objects',
          {
            head: objects.head.bind(objects),
            open: objects.open.bind(objects),
            tag: objects.tag.bind(objects),
            presign: objects.presign.bind(objects),
          },
          gate,
        ),
        // There are no metadata files; whoever dies while looking for them has died before opening the object.
        read: objects.read.bind(objects),
      },
      tagsDrops,
      marksSettled,
      dropBucket,
      folderFiles,
      folderKeys,
      records: gated('records', this.#watchedRecords(), gate),
      endpoints: { of: async () => endpoint },
      receipts: gated('receipts', { keep: receipts.keep.bind(receipts) }, gate),
      topic: gated('topic', topic, gate),
      pauses,
      beginnings,
      ownQueue: queue(from === 'reconcile' ? 'ingestQueue' : from),
      ingestQueue: queue('ingestQueue'),
      unpackQueue: queue('unpackQueue'),
      workBucket: {
        store: gatedStore(store, gate),
        unpackings: gated('unpackings', unpackings, gate),
      },
      uploadQueue: queue('uploadQueue'),
      statusQueue: queue('statusQueue'),
      staging,
      targets,
      log,
      now,
      meter,
    };
  }
}

function gatedStore(store: StagingStore, gate: Gate): StagingStore {
  const calls = {
    begin: store.begin.bind(store),
    storePart: store.storePart.bind(store),
    complete: store.complete.bind(store),
    abort: store.abort.bind(store),
    delete: store.delete.bind(store),
  };
  const looks = { uploads: store.uploads.bind(store), parts: store.parts.bind(store), size: store.size.bind(store) };
  return { bucket: store.bucket, put: store.put.bind(store), ...looks, ...gated('store', calls, gate) };
}
