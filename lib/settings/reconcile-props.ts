import { Duration } from 'aws-cdk-lib';
import { type Bounds, wholeNumber } from './checks.ts';

/** How what got lost is found. */
export interface ReconcileProps {
  /**
   * How often it is looked for, in whole minutes, up to a day.
   *
   * @default 15 minutes - S3 and SQS lose almost nothing, and a killed function loses its lease automatically
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

/** ReconcileProps with every default filled in. */
export interface ReconcileSettings {
  readonly every: Duration;
  readonly lostAfter: Duration;
  readonly deleteOrphanedImages: boolean;
}

const DAY_MINUTES = 24 * 60;
const EVERY: Bounds = { lowest: 1, highest: DAY_MINUTES, of: 'minutes; a schedule fires once a minute at most' };
const LOST_AFTER: Bounds = { lowest: 10, highest: DAY_MINUTES * 60, of: 'seconds; an event takes a few' };

/** @throws SettingError naming the property that cannot work */
export function resolveReconcile(props: ReconcileProps = {}): ReconcileSettings {
  const minutes = props.every?.toMinutes({ integral: false }) ?? 15;
  const seconds = props.lostAfter?.toSeconds({ integral: false }) ?? 1800;
  return {
    every: Duration.minutes(wholeNumber('reconcile.every', minutes, EVERY)),
    lostAfter: Duration.seconds(wholeNumber('reconcile.lostAfter', seconds, LOST_AFTER)),
    deleteOrphanedImages: props.deleteOrphanedImages ?? false,
  };
}
