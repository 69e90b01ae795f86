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
