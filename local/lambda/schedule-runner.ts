import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../template/names.ts';
import type { SchedulePlan, TargetPlan } from '../template/schedules.ts';

/** Brings one event to a function or a queue. */
export type Deliver = (target: TargetPlan, event: string) => Promise<void>;

/**
 * Fires schedules while the stack runs. One of EventBridge Scheduler fires at once and then at its rate, as it does
 * when it is created ("Schedule types in EventBridge Scheduler"); a rule fires at its rate alone.
 */
export class ScheduleRunner {
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #deliveries = new Set<Promise<void>>();
  readonly #deliver: Deliver;
  readonly #onError: (error: unknown) => void;

  constructor(deliver: Deliver, onError: (error: unknown) => void) {
    this.#deliver = deliver;
    this.#onError = onError;
  }

  start(schedules: readonly SchedulePlan[]): void {
    for (const schedule of schedules) {
      this.#timers.push(setInterval(() => this.#fire(schedule), schedule.everySeconds * 1000));
      if (schedule.source === 'aws.scheduler') this.#fire(schedule);
    }
  }

  /** Fires no more. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Resolves when what was fired has been worked on. */
  async drained(): Promise<void> {
    await Promise.all(this.#deliveries);
  }

  #fire(schedule: SchedulePlan): void {
    for (const target of schedule.targets) {
      const delivery = this.#deliver(target, target.input ?? JSON.stringify(scheduledEvent(schedule)))
        .catch(this.#onError)
        .finally(() => this.#deliveries.delete(delivery));
      this.#deliveries.add(delivery);
    }
  }
}

/** Amazon EventBridge user guide, "Scheduled event". */
function scheduledEvent({ arn, source }: SchedulePlan): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source,
    account: ACCOUNT_ID,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: REGION,
    resources: [arn],
    // EventBridge Scheduler gives the detail as text.
    detail: source === 'aws.scheduler' ? '{}' : {},
  };
}
