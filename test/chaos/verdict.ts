import { recordKey } from '../../lambda/model/drop.ts';
import { RECORD_PROPERTY } from '../../lambda/model/image.ts';
import { imageId } from '../../lambda/model/new-image.ts';
import { percentEncoded } from '../../lambda/model/quoted.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { workKeys } from '../../lambda/model/unpacking.ts';
import { disagreements, isMarkedFor } from './agreement.ts';
import type { ChaosCloud } from './chaos-cloud.ts';
import type { Expected } from './drop-content.ts';
import { mayHaveVanished, type PutDrop } from './drop-driver.ts';
import { explained } from './explained.ts';
import { OTHER_KINDS } from './kinds.ts';
import type { Injected, Ledger } from './ledger.ts';
import { type Outcome, outcomeOf } from './queues.ts';
import type { Survey, SurveyedCloud } from './survey.ts';

/** docs/reliability.md says what each of them counts. */
export const COUNTS = [
  'lost',
  'doubled',
  'corrupt',
  'orphaned',
  'stuck',
  'leaked',
  'misreported',
  'flooded',
  'unreconciled',
] as const;
export type Count = (typeof COUNTS)[number];

/** Messages of one drop at a target: each of three stages twelve times, each of those doubled, and as many again for looks. */
const MOST_MESSAGES = 150;

export interface Verdict {
  /** Of each drop at each target: "active", "failed as it should: compressed", "superseded"… */
  readonly outcomes: ReadonlyMap<string, number>;
  /** The drops that failed by faults, one line each. */
  readonly failedByFaults: readonly string[];
  /** What is wrong, one line each. */
  readonly findings: Readonly<Record<Count, readonly string[]>>;
}

/** What was done in a run. */
export interface Done {
  readonly drops: readonly PutDrop[];
  readonly ledger: Ledger;
  /** Messages that came, of each drop at a target. */
  readonly deliveries: ReadonlyMap<string, number>;
  /** Versions that are no drops. */
  readonly metadataFiles: readonly string[];
  /** What reconcile still finds when all is over, and why a run of it failed. */
  readonly unreconciled: readonly string[];
  /** While the topic had no listener. */
  readonly unheard: readonly { readonly from: string; readonly to: string }[];
}

/** Compares what was put with what is there. */
export function verdictOn(done: Done, survey: Survey): Verdict {
  const judge = new Judge(survey, done);
  for (const drop of done.drops) for (const cloud of survey.clouds) judge.drop(drop, cloud);
  for (const drop of done.drops) judge.tags(drop);
  judge.rest();
  return judge;
}

/** What was found of a drop at a target. */
interface Place {
  readonly subject: string;
  readonly key: string;
  readonly record: DropRecord | undefined;
  readonly own: SurveyedCloud['images'];
}

class Judge implements Verdict {
  readonly outcomes = new Map<string, number>();
  readonly failedByFaults: string[] = [];
  readonly findings = Object.fromEntries(COUNTS.map((count) => [count, [] as string[]])) as Record<Count, string[]>;
  readonly #survey: Survey;
  readonly #done: Done;
  readonly #known = new Set<string>();

  constructor(survey: Survey, done: Done) {
    this.#survey = survey;
    this.#done = done;
  }

  drop(drop: PutDrop, { cloud, images }: SurveyedCloud): void {
    const { key, record } = this.#stored(drop, cloud.name);
    this.#known.add(key);
    const subject = `${drop.name} at ${cloud.name}`;
    const marks = marksOf(drop, cloud.name, record);
    const own = images.filter((image) => image[RECORD_PROPERTY] === percentEncoded(key) || isMarkedFor(image, marks));
    if (drop.targets.includes(cloud.name)) this.#invited({ subject, key, record, own }, drop, cloud);
    else if (drop.mayGoTo !== cloud.name) this.#uninvited(subject, record, own.length);
    else if (record !== undefined) this.#invited({ subject, key, record, own }, drop, cloud);
    const messages = this.#done.deliveries.get(subject) ?? 0;
    if (messages > MOST_MESSAGES) this.findings.flooded.push(`${subject}: ${messages} messages`);
  }

  /** A drop without a version that was deleted before a function has seen it has the time of its event in its id. */
  #stored(drop: PutDrop, target: string): { readonly key: string; readonly record: DropRecord | undefined } {
    const key = recordKey(drop, target);
    const record = this.#survey.records.get(key);
    if (record !== undefined || drop.isVersion || !drop.mayBeGone) return { key, record };
    const isOfEvent = ([, { drop: told, target: at }]: readonly [string, DropRecord]) =>
      at === target && told.key === drop.key && told.etag === drop.etag;
    const [told, recorded] = [...this.#survey.records].find(isOfEvent) ?? [key];
    return { key: told, record: recorded };
  }

  #invited({ subject, key, record, own }: Place, drop: PutDrop, cloud: ChaosCloud): void {
    const expected = drop.expected[cloud.name] as Expected;
    if (own.length > 1 + obstacles(record)) {
      this.findings.doubled.push(`${subject}: ${own.map(({ id, status }) => `${id} ${status}`).join()}`);
    }
    if (record === undefined) {
      if (!mayHaveVanished(drop)) this.#lost(subject, 'has no record');
    } else if (record.status === 'active') {
      this.#active({ subject, record, own }, drop, cloud);
      this.#settled(subject, key, record);
    } else if (record.status === 'failed' || record.status === 'superseded') {
      this.#count(this.#without(subject, record, drop, expected));
      this.#settled(subject, key, record);
    } else {
      this.findings.stuck.push(`${subject}: ${record.status} since ${record.history.at(-1)?.at}`);
    }
  }

  /** Nothing is where the drop was not to go, but the word of a dead letter whose drop nobody could ask. */
  #uninvited(subject: string, record: DropRecord | undefined, images: number): void {
    if (record !== undefined && (record.status !== 'failed' || record.deadLetter === undefined)) {
      this.findings.orphaned.push(`${subject}: a record (${record.status}), though it was not sent there`);
    }
    if (images > 0) this.findings.orphaned.push(`${subject}: ${images} images, though it was not sent there`);
  }

  /** The tags of a drop say what became of it at each target. */
  tags(drop: PutDrop): void {
    const version = this.#survey.versions.find(({ key, id }) => key === drop.key && id === drop.id);
    for (const { cloud } of this.#survey.clouds) {
      const record = this.#survey.records.get(recordKey(drop, cloud.name));
      if (version === undefined || record?.announcedAt === undefined) continue;
      if (this.#survey.recordsLeft.has(recordKey(drop, cloud.name))) continue;
      const tag = version.tags[`imagedrop:${cloud.name}`];
      if (tag === tagFor(record)) continue;
      this.findings.misreported.push(`${drop.name} at ${cloud.name}: its tag is ${tag}, not ${tagFor(record)}`);
    }
  }

  /** What belongs to no drop by itself. */
  rest(): void {
    const { records, clouds, messages, unfinishedUploads, staged, unpacked, versions } = this.#survey;
    const { drops, metadataFiles, unreconciled } = this.#done;
    for (const key of records.keys())
      if (!this.#known.has(key)) this.findings.orphaned.push(`record of nothing: ${key}`);
    const images = new Map(clouds.flatMap((cloud) => cloud.images.map((image) => [image.id, image])));
    for (const id of images.keys()) this.#image(id, records);
    const left = Object.entries(messages).filter(([, count]) => count !== 0);
    if (left.reduce((sum, [, count]) => sum + count, 0) > 0)
      this.findings.stuck.push(`messages: ${left.map(([queue, count]) => `${count} in ${queue}`).join(', ')}`);
    this.findings.leaked.push(...unfinishedUploads.map((upload) => `unfinished upload ${upload}`));
    this.findings.leaked.push(...staged.map((key) => `copy in object storage: ${key}`));
    const ofLetters = this.#unpackedOfLetters();
    const leaked = unpacked.filter((key) => !ofLetters.has(key));
    this.findings.leaked.push(...leaked.map((key) => `object in the work bucket: ${key}`));
    this.findings.unreconciled.push(...unreconciled);
    const put = new Set([...drops.map(({ id }) => id), ...metadataFiles]);
    const strange = versions.filter(({ id }) => !put.has(id));
    this.findings.orphaned.push(...strange.map(({ key }) => `version that nobody has put: ${key}`));
  }

  /**
   * A message may become a dead letter between the outcome and what follows it. While the letter stays, the tags are missing,
   * and the lifecycle of the work bucket has to delete the unpacked disk.
   */
  #unpackedOfLetters(): ReadonlySet<string> {
    const { recordsLeft, clouds } = this.#survey;
    const drops = this.#done.drops.filter((drop) =>
      clouds.some(({ cloud }) => recordsLeft.has(recordKey(drop, cloud.name))),
    );
    return new Set(drops.flatMap((drop) => Object.values(workKeys(drop))));
  }

  #active(
    { subject, record, own }: Pick<Place, 'subject' | 'own'> & { readonly record: DropRecord },
    drop: PutDrop,
    { name, target }: ChaosCloud,
  ): void {
    const expected = drop.expected[name] as Expected;
    const image = own.find(({ id }) => id === record.image?.id);
    this.#count(record.verification?.outcome === 'verified' ? 'active' : 'active, unverified');
    if (image === undefined && this.#had(OTHER_KINDS.deletedByOthers, subject)) {
      return;
    }
    if (image?.content === undefined) {
      this.#lost(subject, `is active, its image ${image?.status ?? 'gone'}`);
    } else if (expected.outcome === 'failed') {
      this.findings.corrupt.push(`${subject}: active, though it should have failed with ${expected.code}`);
    } else if (image.content.sha256 !== expected.sha256) {
      this.findings.corrupt.push(`${subject}: ${image.content.bytes} bytes that are not the ${expected.bytes} dropped`);
    } else if (!this.#had(OTHER_KINDS.changedByOthers, subject)) {
      const other = disagreements(image, record, target);
      this.findings.misreported.push(...other.map((what) => `${subject}: ${what}`));
    }
  }

  /** @returns what a settled drop without an image is counted as */
  #without(subject: string, record: DropRecord, drop: PutDrop, expected: Expected): string {
    const { status, error: { code = 'internal', message = '' } = {} } = record;
    if (status === 'superseded' && drop.mayBeSuperseded) return status;
    if (status === 'failed') {
      if (expected.outcome === 'failed' && expected.code === code) return `failed as it should: ${code}`;
      if (mayFailWith(drop).includes(code)) return `failed as it should: ${code}`;
      const faults = [...this.#done.ledger.of(subject), ...this.#done.ledger.of(drop.name)];
      if (explained(record, faults)) {
        this.failedByFaults.push(`${subject}: ${message} Its faults: ${tally(faults)}.`);
        return `failed by faults: ${code}`;
      }
    }
    this.#lost(subject, status === 'failed' ? `failed with ${code}: ${message}` : 'was superseded by nothing');
    return `${status} without a reason`;
  }

  /** What holds of every record to which nothing happens any more. */
  #settled(subject: string, key: string, record: DropRecord): void {
    if (record.lease !== undefined) this.findings.leaked.push(`${subject}: a lease on a record that is settled`);
    const told = this.#survey.told.get(key) ?? [];
    const distinct = new Set(told.map(({ outcome }) => outcome).filter((outcome) => !isRetried(record, outcome)));
    if (record.announcedAt === undefined) this.findings.stuck.push(`${subject}: ${record.status}, not announced`);
    else if (distinct.size === 0) this.#unheard(subject, record.announcedAt);
    else this.#lastWord(subject, record, told);
    if (distinct.size > 1) this.findings.doubled.push(`${subject}: the topic said ${[...distinct].join(' and ')}`);
  }

  #unheard(subject: string, announcedAt: string): void {
    if (this.#done.unheard.some(({ from, to }) => from <= announcedAt && announcedAt <= to)) return;
    this.#lost(subject, 'was announced, and nobody has heard of it');
  }

  /** Who sorts outcomes by the record's revision has the right one last, in whatever order they came. */
  #lastWord(subject: string, record: DropRecord, told: readonly Outcome[]): void {
    const last = told.toSorted((one, other) => one.revision - other.revision).at(-1);
    if (last === undefined || last.outcome === outcomeOf(record)) return;
    const message = `the topic's last word is ${last.outcome} (revision ${last.revision}), not ${outcomeOf(record)}`;
    this.findings.misreported.push(`${subject}: ${message}`);
  }

  /** An image that its target does not delete stays, and its record says so. */
  #image(id: string, records: ReadonlyMap<string, DropRecord>): void {
    const all = [...records.values()];
    if (all.some((record) => record.image?.id === id && record.status === 'active')) return;
    const owner = all.find((record) => record.image?.id === id || record.removing?.some((one) => one.imageId === id));
    if (owner?.removing?.some(({ imageId: doomed, obstacle }) => doomed === id && obstacle !== undefined)) return;
    const whose = owner === undefined ? 'no record' : `a record that is ${owner.status}`;
    this.findings.orphaned.push(`image ${id} of ${whose}`);
  }

  #had(kind: string, subject: string): boolean {
    return this.#done.ledger.of(subject).some((fault) => fault.kind === kind);
  }

  #lost(subject: string, why: string): void {
    this.findings.lost.push(`${subject} ${why}`);
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

/** What a sound drop may fail with because its dropper took it away. */
function mayFailWith(drop: PutDrop): readonly string[] {
  if (mayHaveVanished(drop)) return ['object-gone', 'object-changed'];
  return drop.mayBeGone ? ['object-gone'] : [];
}

/** A fast import takes a mark only: those of all images that the record can have begun. */
const marksOf = (drop: PutDrop, target: string, record: DropRecord | undefined): ReadonlySet<string> =>
  new Set(Array.from({ length: record?.generation ?? 1 }, (_, index) => imageId(drop, target, index + 1)));

/** docs/records.md: `active <image id>`, `failed <code>` or `superseded`. */
function tagFor({ status, image, error }: DropRecord): string {
  if (status === 'active') return `active ${image?.id}`;
  return status === 'failed' ? `failed ${error?.code}` : status;
}

const obstacles = (record: DropRecord | undefined): number =>
  record?.removing?.filter(({ obstacle }) => obstacle !== undefined).length ?? 0;

/** A drop that is brought back after it failed has both outcomes, one after the other. */
const isRetried = (record: DropRecord, outcome: string): boolean =>
  record.retriedFrom !== undefined && outcome.startsWith('failed ') && outcome !== outcomeOf(record);

function tally(faults: readonly Injected[]): string {
  const times = new Map<string, number>();
  for (const { kind } of faults) times.set(kind, (times.get(kind) ?? 0) + 1);
  return [...times].map(([kind, count]) => (count === 1 ? kind : `${count} × ${kind}`)).join(', ');
}
