/** Who hears of drops by e-mail. Each address is asked by Amazon SNS to confirm first. */
export interface OutcomeEmailsProps {
  /** At least one. */
  readonly addresses: readonly string[];

  /**
   * Of which outcomes.
   *
   * @default ["failed"] - a mail for each image that became active would soon be read by nobody
   */
  readonly statuses?: readonly OutcomeStatus[];
}

export const OUTCOME_STATUSES = ['active', 'failed', 'superseded'] as const;
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];
