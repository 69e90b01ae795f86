import { seeded } from '../../local/contributing/faults/fault.ts';
import type { MessageFault, MessageFaults } from '../../local/faults.ts';
import type { ReceivedMessage } from '../../local/services/queue-engine.ts';
import { OTHER_KINDS } from './kinds.ts';
import type { Ledger } from './ledger.ts';
import { subjectOfBody } from './subject-of-body.ts';
import type { Subjects } from './subjects.ts';

export interface MessageFaultOptions {
  readonly seed: number;
  readonly ledger: Ledger;
  readonly subjects: Subjects;
  readonly wants: (kind: string) => boolean;
  /** How many times as likely as usual each fault is. */
  readonly likelier: number;
}

interface Choice {
  readonly kind: string;
  readonly chance: number;
  readonly fault: (roll: number) => MessageFault;
}

/** Seconds: from at once, so that both are worked on at the same time, to long after the first is settled. */
const DOUBLE_WITHIN = 20;
const DELAY_WITHIN = 8;

const CHOICES: readonly Choice[] = [
  {
    kind: OTHER_KINDS.doubled,
    chance: 0.07,
    fault: (roll) => ({ how: 'double', seconds: roll < 0.5 ? 0 : Math.round(roll * DOUBLE_WITHIN) }),
  },
  { kind: OTHER_KINDS.delayed, chance: 0.05, fault: (roll) => ({ how: 'delay', seconds: 0.2 + roll * DELAY_WITHIN }) },
  { kind: OTHER_KINDS.lost, chance: 0.015, fault: () => ({ how: 'lose' }) },
  { kind: OTHER_KINDS.kept, chance: 0.03, fault: () => ({ how: 'keep' }) },
  { kind: OTHER_KINDS.buried, chance: 0.015, fault: () => ({ how: 'bury' }) },
];

/** Messages come twice, late, in another order, again after they were done, and by way of the dead letters. */
export class ChaosMessages implements MessageFaults {
  on = true;
  /** More than a working function lets pass between two signs of life, and much less than the pipeline's own pauses. */
  readonly longestPauseSeconds = 20;
  readonly #options: MessageFaultOptions;
  readonly #choices: readonly Choice[];
  readonly #times = new Map<string, number>();
  /** Messages that came, of each drop at a target. */
  readonly deliveries = new Map<string, number>();

  constructor(options: MessageFaultOptions) {
    this.#options = options;
    this.#choices = CHOICES.filter(({ kind }) => options.wants(kind)).map((choice) => ({
      ...choice,
      chance: choice.chance * options.likelier,
    }));
  }

  received(queueArn: string, message: ReceivedMessage): MessageFault | undefined {
    const { seed, ledger, subjects } = this.#options;
    const subject = subjectOfBody(message.Body, subjects);
    if (subject !== undefined) this.deliveries.set(subject, (this.deliveries.get(subject) ?? 0) + 1);
    if (!this.on) return undefined;
    const what = `${/Ingest|Unpack|Upload|Status/.exec(queueArn)?.[0]} ${subject}`;
    const times = this.#times.get(what) ?? 0;
    this.#times.set(what, times + 1);
    const choice = chosen(this.#choices, seeded(seed, 'message', what, times));
    if (choice !== undefined) ledger.note(choice.kind, subject);
    return choice?.fault(seeded(seed, 'seconds', what, times));
  }
}

function chosen(choices: readonly Choice[], roll: number): Choice | undefined {
  let passed = 0;
  return choices.find(({ chance }) => {
    passed += chance;
    return roll < passed;
  });
}
