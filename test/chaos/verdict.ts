import { recordKey } from '../../lambda/model/drop.ts';
import { RECORD_PROPERTY } from '../../lambda/model/image.ts';
import { percentEncoded } from '../../lambda/model/percent-encoded.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import type { ChaosCloud } from './chaos-cloud.ts';
import type { Expected } from './drop-content.ts';
import type { PutDrop } from './drop-driver.ts';
import { explained } from './explained.ts';
import type { Ledger } from './ledger.ts';
import { outcomeOf } from './queues.ts';
import type { Survey, SurveyedCloud } from './survey.ts';

/** docs/reliability.md says what each of them counts. */
export const COUNTS = ['lost', 'doubled', 'corrupt', 'orphaned', 'stuck', 'leaked'] as const;
export type Count = (typeof COUNTS)[number];

export interface Verdict {
  /** Of each drop at each target: "active", "failed as it should: compressed", "superseded"… */
  readonly outcomes: ReadonlyMap<string, number>;
  /** The drops that failed by faults, one line each. */
  readonly failedByFaults: readonly string[];
  /** What is wrong, one line each. */
  readonly findings: Readonly<Record<Count, readonly string[]>>;
}

/** Compares what was put with what is there. */
export function verdictOn(drops: readonly PutDrop[], survey: Survey, ledger: Ledger): Verdict {
  const judge = new Judge(survey, ledger);
  for (const drop of drops) for (const cloud of survey.clouds) judge.drop(drop, cloud);
  judge.rest(drops);
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
  readonly findings: Record<Count, string[]> = {
    lost: [],
    doubled: [],
    corrupt: [],
    orphaned: [],
    stuck: [],
    leaked: [],
  };
  readonly #survey: Survey;
  readonly #ledger: Ledger;
  readonly #known = new Set<string>();

  constructor(survey: Survey, ledger: Ledger) {
    this.#survey = survey;
    this.#ledger = ledger;
  }

  drop(drop: PutDrop, { cloud, images }: SurveyedCloud): void {
    const key = recordKey(drop, cloud.name);
    this.#known.add(key);
    const subject = `${drop.name} at ${cloud.name}`;
    const record = this.#survey.records.get(key);
    const own = images.filter((image) => image[RECORD_PROPERTY] === percentEncoded(key));
    if (drop.targets.includes(cloud.name)) this.#invited({ subject, key, record, own }, drop, cloud);
    else this.#uninvited(subject, record, own.length);
  }

  #invited({ subject, key, record, own }: Place, drop: PutDrop, cloud: ChaosCloud): void {
    if (own.length > 1) {
      this.findings.doubled.push(`${subject}: ${own.map(({ id, status }) => `${id} ${status}`).join()}`);
    }
    if (record === undefined) {
      this.#lost(subject, 'has no record');
    } else if (record.status === 'active') {
      this.#active(subject, record, own, drop.expected[cloud.kind]);
      this.#settled(subject, key, record);
    } else if (record.status === 'failed' || record.status === 'superseded') {
      this.#count(this.#without(subject, record, drop, drop.expected[cloud.kind]));
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

  /** What belongs to no drop by itself. */
  rest(drops: readonly PutDrop[]): void {
    const { records, clouds, messages, unfinishedUploads, versions } = this.#survey;
    for (const key of records.keys())
      if (!this.#known.has(key)) this.findings.orphaned.push(`record of nothing: ${key}`);
    for (const { images } of clouds) for (const image of images) this.#image(image.id, records);
    for (const [queue, count] of Object.entries(messages)) {
      if (count > 0) this.findings.stuck.push(`${count} messages in ${queue}`);
    }
    this.findings.leaked.push(...unfinishedUploads.map((upload) => `unfinished upload ${upload}`));
    const put = new Set(drops.map(({ id }) => id));
    const strange = versions.filter(({ versionId }) => !put.has(versionId));
    this.findings.orphaned.push(...strange.map(({ key }) => `version that nobody has put: ${key}`));
  }

  #active(subject: string, record: DropRecord, own: SurveyedCloud['images'], expected: Expected): void {
    const image = own.find(({ id }) => id === record.image?.id);
    if (image?.content === undefined) {
      this.#lost(subject, `is active, its image ${image?.status ?? 'gone'}`);
    } else if (expected.outcome === 'failed') {
      this.findings.corrupt.push(`${subject}: active, though it should have failed with ${expected.code}`);
    } else if (image.content.sha256 !== expected.sha256) {
      this.findings.corrupt.push(`${subject}: ${image.content.bytes} bytes that are not the ${expected.bytes} dropped`);
    }
    this.#count(record.verification?.outcome === 'verified' ? 'active' : 'active, unverified');
  }

  /** @returns what a settled drop without an image is counted as */
  #without(subject: string, record: DropRecord, drop: PutDrop, expected: Expected): string {
    const { status, error: { code = 'internal', message = '' } = {} } = record;
    if (status === 'superseded' && drop.mayBeSuperseded) return status;
    if (status === 'failed') {
      if (expected.outcome === 'failed' && expected.code === code) return `failed as it should: ${code}`;
      if (code === 'object-gone' && drop.mayBeGone) return 'failed as it should: object-gone';
      const faults = [this.#ledger.of(subject), this.#ledger.of(drop.name)];
      if (explained(record, ...faults)) {
        this.failedByFaults.push(`${subject}: ${message} Its faults: ${tally(faults.flat())}.`);
        return `failed by faults: ${code}`;
      }
    }
    this.#lost(subject, status === 'failed' ? `failed with ${code}: ${message}` : 'was superseded by nothing');
    return `${status} without a reason`;
  }

  /** What holds of every record to which nothing happens any more. */
  #settled(subject: string, key: string, record: DropRecord): void {
    if (record.lease !== undefined) this.findings.leaked.push(`${subject}: a lease on a record that is settled`);
    const told = [...(this.#survey.told.get(key) ?? [])].filter((outcome) => !isRetried(record, outcome));
    if (record.announcedAt === undefined) this.findings.stuck.push(`${subject}: ${record.status}, not announced`);
    else if (told.length === 0) this.#lost(subject, 'was announced, and nobody has heard of it');
    if (told.length > 1) this.findings.doubled.push(`${subject}: the topic said ${told.join(' and ')}`);
  }

  #image(id: string, records: ReadonlyMap<string, DropRecord>): void {
    const owner = [...records.values()].find((record) => record.image?.id === id);
    if (owner?.status === 'active') return;
    const whose = owner === undefined ? 'no record' : `a record that is ${owner.status}`;
    this.findings.orphaned.push(`image ${id} of ${whose}`);
  }

  #lost(subject: string, why: string): void {
    this.findings.lost.push(`${subject} ${why}`);
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

/** A drop that is brought back after it failed has both outcomes, one after the other. */
const isRetried = (record: DropRecord, outcome: string): boolean =>
  record.retriedFrom !== undefined && outcome.startsWith('failed ') && outcome !== outcomeOf(record);

function tally(kinds: readonly string[]): string {
  const times = new Map<string, number>();
  for (const kind of kinds) times.set(kind, (times.get(kind) ?? 0) + 1);
  return [...times].map(([kind, count]) => (count === 1 ? kind : `${count} × ${kind}`)).join(', ');
}
