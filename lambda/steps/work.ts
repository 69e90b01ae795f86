/** What steps pass to each other: one record, and what is needed to work on it. */
import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import type { Target } from '../model/target.ts';
import type { Invocation, RecordDraft, RecordMessage, StepDependencies } from './ports.ts';

type WorkDependencies = Pick<StepDependencies, 'records' | 'endpoints' | 'targets' | 'now'>;

/** A record and its target. */
export class RecordAtTarget<R extends DropRecord = DropRecord> {
  readonly key: string;
  /** As it was last read. */
  readonly record: R;
  protected readonly deps: WorkDependencies;

  constructor(key: string, record: R, deps: WorkDependencies) {
    this.key = key;
    this.record = record;
    this.deps = deps;
  }

  /** @throws `no-such-cloud` when the target is no longer in the stack */
  get target(): Target {
    return targetNamed(this.record.target, this.deps.targets);
  }

  /** The image service of the target. */
  async endpoint(): Promise<ImageEndpoint> {
    return this.deps.endpoints.of(this.target);
  }

  /** Changes the record as it is stored now. @param decide returns undefined to leave it */
  update(decide: (stored: DropRecord) => RecordDraft | undefined): Promise<DropRecord | undefined> {
    return this.deps.records.change(this.key, (stored) => stored && decide(stored));
  }

  /** As `update`, unless another invocation has decided on the record since it was read. */
  updateIfUndecided(decide: (stored: DropRecord) => RecordDraft | undefined): Promise<DropRecord | undefined> {
    return this.update((stored) =>
      changes.isUndecided(this.record, stored, this.deps.now()) ? decide(stored) : undefined,
    );
  }
}

/** A record, its target, and the invocation that works on it. */
export class Work<R extends DropRecord = DropRecord> extends RecordAtTarget<R> {
  readonly invocation: Invocation;

  constructor(key: string, record: R, invocation: Invocation, deps: WorkDependencies) {
    super(key, record, deps);
    this.invocation = invocation;
  }

  /** The work on the same record as it is after a change. */
  with<Next extends DropRecord>(record: Next): Work<Next> {
    return new Work(this.key, record, this.invocation, this.deps);
  }

  /** The message that has the record processed by the step of a queue. */
  get message(): RecordMessage {
    return { record: this.key };
  }

  /** @throws `bad-record` when the record names no image */
  get imageId(): string {
    const { image } = this.record;
    if (image !== undefined) return image.id;
    throw new ImageDropError('bad-record', `The record ${this.key} has the status of an upload, but no image.`);
  }

  /**
   * Changes the record under the lease of this invocation.
   * @throws `lease-held` when another invocation has the lease
   */
  async change(decide: (stored: DropRecord) => RecordDraft): Promise<DropRecord> {
    const stored = await this.deps.records.change(this.key, (present) => {
      changes.requireLease(present, this.invocation.id);
      return decide(present);
    });
    return stored ?? this.record;
  }
}

/** The settings of a target, which may have left the stack since the drop. */
export function targetNamed(name: string, targets: readonly Target[]): Target {
  const target = targets.find((each) => each.name === name);
  if (target !== undefined) return target;
  const known = targets.map((each) => each.name).join(', ');
  throw new ImageDropError('no-such-cloud', `The target ${name} is no longer in this stack, which has: ${known}.`);
}
