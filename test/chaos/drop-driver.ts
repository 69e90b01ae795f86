import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { dropId } from '../../lambda/model/drop.ts';
import type { ChaosTarget } from './chaos-cloud.ts';
import { type DropContent, dropContent, type Expected } from './drop-content.ts';
import { type Asked, dropPlan, type PlannedDrop } from './drop-plan.ts';
import type { Subjects } from './subjects.ts';

/** A drop that is in the bucket, and what has to become of it. */
export interface PutDrop {
  /** The same in every run of the seed. */
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  readonly id: string;
  readonly etag: string;
  /** Whether its content outlives the next that is written under its key. */
  readonly isVersion: boolean;
  /** Milliseconds, when S3 had it. */
  readonly putAt: number;
  /** By target. */
  readonly expected: Readonly<Record<string, Expected>>;
  /** The targets that it goes to. */
  targets: readonly string[];
  /** A target that began while it was under way: nobody can say whether it goes there. */
  mayGoTo?: string;
  /** Its key was written again. */
  mayBeSuperseded: boolean;
  /** Its key was deleted. */
  mayBeGone: boolean;
}

/** A drop without a version leaves nothing behind when its key is written again before a function has seen it. */
export const mayHaveVanished = ({ isVersion, mayBeSuperseded }: PutDrop): boolean => !isVersion && mayBeSuperseded;

export interface DropDriverOptions {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly seed: number;
  readonly drops: number;
  readonly subjects: Subjects;
  /** All targets that the run will ever have. */
  readonly targets: readonly ChaosTarget[];
  /** Told of each drop before it is put. */
  readonly onDrop: (index: number) => Promise<void> | void;
}

/** The smallest part of a multipart upload (Amazon S3 user guide): larger drops come in parts. */
const PART_BYTES = 5 * 2 ** 20;

/** An object key in S3 is at most 1,024 bytes. */
const MAX_KEY_BYTES = 1024;

const USER_METADATA: Readonly<Partial<Record<Asked, Record<string, string>>>> = {
  protected: { protected: 'true' },
  hidden: { 'os-hidden': 'true' },
};

const FILES: Readonly<Partial<Record<Asked, string>>> = {
  'named in a file': 'name: Named in a file\nmin_ram: 64\nproperties:\n  os_distro: debian\n',
  'protected by a file': 'protected: true\n',
};

/** Where a drop goes, and how it says so. */
function destination({ target }: PlannedDrop, all: readonly string[]) {
  if (target === undefined) return { targets: all, metadata: {} };
  const targets = all.slice(target % all.length).slice(0, 1);
  return { targets, metadata: { targets: targets.join(',') } };
}

/** Puts the drops of the seed one after another, writes some keys again and deletes some. */
export class DropDriver {
  readonly put: PutDrop[] = [];
  /** Versions of the files that speak of drops. */
  readonly metadataFiles: string[] = [];
  readonly #options: DropDriverOptions;
  readonly #newest = new Map<string, PutDrop>();
  readonly #deletions: Promise<void>[] = [];
  /** Puts and deletions take turns, so that it is certain which of them was first. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: DropDriverOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    for (const planned of dropPlan(this.#options.seed, this.#options.drops)) {
      await this.#options.onDrop(planned.index);
      await sleep(planned.pauseMs);
      const content = await dropContent(planned);
      await this.#inTurn(() => this.#drop(planned, content));
    }
    await Promise.all(this.#deletions);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work);
    return this.#turn;
  }

  async #drop(planned: PlannedDrop, { bytes, expectedAt }: DropContent): Promise<void> {
    const { s3, bucket, subjects } = this.#options;
    const { key, index, deletedAfterMs, asks } = planned;
    const { targets, metadata } = destination(planned, subjects.targets);
    await this.#describe(key, asks);
    const Metadata = { ...metadata, ...(asks !== undefined && USER_METADATA[asks]) };
    const params = { Bucket: bucket, Key: key, Body: bytes, Metadata };
    const expected = Object.fromEntries(this.#options.targets.map((target) => [target.name, expectedAt(target)]));
    // From here on the drop before this one may find that it is no longer the newest.
    const before = this.#newest.get(key);
    if (before !== undefined) before.mayBeSuperseded = true;
    await new Upload({ client: s3, partSize: PART_BYTES, params }).done();
    const object = await this.#newestUnder(key);
    const put = { name: `drop ${index}`, bucket, key, ...object, putAt: Date.now() };
    const drop: PutDrop = { ...put, expected, targets, mayBeSuperseded: false, mayBeGone: false };
    subjects.learn(drop.name, drop, Object.keys(expected));
    this.put.push(drop);
    this.#newest.set(key, drop);
    if (deletedAfterMs !== undefined) this.#deletions.push(this.#delete(key, deletedAfterMs));
  }

  /** The file beside a drop: it says the same for all drops of its key. */
  async #describe(key: string, asks: Asked | undefined): Promise<void> {
    const Body = asks && FILES[asks];
    const Key = `${key}.yaml`;
    if (Body === undefined || Buffer.byteLength(Key) > MAX_KEY_BYTES) return;
    const { s3, bucket: Bucket } = this.#options;
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    this.metadataFiles.push((await this.#newestUnder(Key)).id);
  }

  /** This driver is the only writer. */
  async #newestUnder(Key: string): Promise<Pick<PutDrop, 'id' | 'etag' | 'isVersion'>> {
    const { s3, bucket: Bucket } = this.#options;
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    const { VersionId: versionId, ETag: quoted = '', LastModified: lastModified = new Date(0) } = head;
    const etag = quoted.replaceAll('"', '');
    const isVersion = versionId !== undefined && versionId !== 'null';
    return { id: dropId({ versionId, etag, lastModified }), etag, isVersion };
  }

  /** By key, as people delete: the versions stay, and a marker says that there is nothing. */
  async #delete(key: string, afterMs: number): Promise<void> {
    await sleep(afterMs);
    await this.#inTurn(async () => {
      for (const drop of this.put) if (drop.key === key) drop.mayBeGone = true;
      await this.#options.s3.send(new DeleteObjectCommand({ Bucket: this.#options.bucket, Key: key }));
    });
  }
}
