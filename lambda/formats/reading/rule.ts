import { type ErrorCode, type ErrorDetails, ImageDropError } from '../../model/errors.ts';

/** Something that must hold, or the file is refused. Rules are constants: the ledger knows them by identity. */
export interface Rule {
  /** Why the file is refused when the rule is broken. */
  readonly code: ErrorCode;
  /** What is looked at, in a few words: "backing file". */
  readonly title: string;
  /** The field or place that decides: "u64@8" is 64 bits at byte 8 of the file. */
  readonly at?: string;
  /** The attack that the rule stops, or the best known of its family. */
  readonly cve?: string;
}

/** A notice that does not refuse the file. */
export interface Notice {
  /** In kebab-case. */
  readonly code: string;
  readonly title: string;
  readonly at?: string;
}

export interface RefusalDetails extends ErrorDetails {
  /** Instead of the rule's own, where the place is known only now. */
  readonly at?: string;
}

/** The verdict that a file is not taken. Errors of a reader are none, though they may be ImageDropErrors as well. */
export class Refusal extends ImageDropError {
  readonly rule: Rule;
  readonly at: string | undefined;

  /** @param message one sentence with its full stop; the rule's CVE is put into it */
  constructor(rule: Rule, message: string, details: RefusalDetails = {}) {
    super(rule.code, rule.cve === undefined ? message : message.replace(/\.?$/, ` (${rule.cve}).`), details);
    this.rule = rule;
    this.at = details.at ?? rule.at;
  }
}

/** One thing that was looked at in a file, and what came of it. */
export interface Check {
  /** The code of the refusal that the check can lead to; a name of its own where it leads to none. */
  readonly code: string;
  /** What is looked at, in a few words. */
  readonly title: string;
  /** The field or place that decides: "u64@8" is 64 bits at byte 8 of the file. */
  readonly at?: string;
  /** The attack that the check stops, or the best known of its family. */
  readonly cve?: string;
  readonly outcome: 'passed' | 'refused' | 'warned' | 'skipped';
  /** A sentence: why it was refused, warned of or skipped, or what was found. */
  readonly detail?: string;
}
