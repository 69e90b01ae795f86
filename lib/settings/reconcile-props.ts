import type { Duration } from 'aws-cdk-lib';

/** How what got lost is found. */
export interface ReconcileProps {
  /**
   * How often it is looked for, in whole minutes, up to a day.
   *
   * @default 15 minutes - S3 and SQS lose next to nothing, and a function that is killed lets go of its drop by itself
   */
  readonly every?: Duration;

  /**
   * How long a drop or record must have been without a sign before its message counts as lost, up to a day. Less than
   * the longest pause between two attempts, 15 minutes, only makes more work: a message too many changes nothing.
   *
   * @default 30 minutes - twice that pause
   */
  readonly lostAfter?: Duration;

  /**
   * Whether images are deleted that this stack has created and no record stands for any more. They are reported anyway.
   *
   * @default false - what a person may still want to look at is not for a schedule to delete
   */
  readonly deleteOrphanedImages?: boolean;
}
