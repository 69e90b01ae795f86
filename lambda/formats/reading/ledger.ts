import type { Check } from './rule.ts';
import { type Notice, Refusal, type RefusalDetails, type Rule } from './rule.ts';

interface Entry {
  readonly outcome: Exclude<Check['outcome'], 'refused'>;
  readonly detail?: string;
}

const PASSED: Entry = { outcome: 'passed' };
const ALREADY_REFUSED = 'Not made: the file had been refused before.';
const NOT_APPLICABLE = 'Does not apply to this file.';

/**
 * Notes each check as it is made. There is no other way to refuse than by a rule, so that a report of all checks cannot
 * leave one out. A refusal ends the inspection; it is not an entry but the error that is thrown.
 */
export class Ledger {
  readonly #fileBytes: number;
  readonly #entries = new Map<Rule | Notice, Entry>();
  readonly #warnings: string[] = [];

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
  }

  /** Sentences, in the order in which they were found. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** @throws Refusal when the rule is broken */
  refuseIf(broken: boolean, rule: Rule, message: string, details?: RefusalDetails): void {
    if (broken) throw new Refusal(rule, message, details);
    this.#entries.set(rule, PASSED);
  }

  /**
   * Refuses a file that is shorter than `end` bytes, the end of what its own header names.
   * @throws Refusal
   */
  refuseShorterThan(end: number, rule: Rule, what: string): void {
    if (end > this.#fileBytes) {
      const sizes = `The file has ${this.#fileBytes} bytes, but ${what} reaches to byte ${end}`;
      throw new Refusal(rule, `${sizes}: the end is missing.`);
    }
    this.#entries.set(rule, PASSED);
  }

  warnIf(remarkable: boolean, notice: Notice, message: string): void {
    this.#entries.set(notice, remarkable ? { outcome: 'warned', detail: message } : PASSED);
    if (remarkable) this.#warnings.push(message);
  }

  /** Notes a rule that a longer examination has found to hold. */
  pass(rule: Rule): void {
    this.#entries.set(rule, PASSED);
  }

  /** Notes what was found where nothing can be wrong. */
  note(notice: Notice, detail: string): void {
    this.#entries.set(notice, { outcome: 'passed', detail });
  }

  /** Notes why a check could not be made. */
  skip(notice: Rule | Notice, reason: string): void {
    this.#entries.set(notice, { outcome: 'skipped', detail: reason });
  }

  /**
   * Every check in the order in which it was made, and then those of `announced` that were not.
   * @param refusal that ended the inspection
   */
  checks(announced: readonly (Rule | Notice)[], refusal?: Refusal): Check[] {
    const made = [...this.#entries]
      .filter(([rule]) => rule !== refusal?.rule)
      .map(([rule, entry]) => check(rule, entry));
    const refused = refusal === undefined ? [] : [refusedCheck(refusal)];
    const skipped: Entry = { outcome: 'skipped', detail: refusal === undefined ? NOT_APPLICABLE : ALREADY_REFUSED };
    const left = announced.filter((rule) => !this.#entries.has(rule) && rule !== refusal?.rule);
    return [...made, ...refused, ...left.map((rule) => check(rule, skipped))];
  }
}

function check(rule: Rule | Notice, { outcome, detail }: Entry): Check {
  return { ...rule, outcome, ...(detail === undefined ? {} : { detail }) };
}

function refusedCheck({ rule, at, message }: Refusal): Check {
  return { ...rule, ...(at === undefined ? {} : { at }), outcome: 'refused', detail: message };
}
