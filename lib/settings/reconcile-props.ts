import { Duration } from 'aws-cdk-lib';
import { type Bounds, wholeNumber } from './checks.ts';

/** How lost drops are found. */
export interface ReconcileProps {
  /**
   * Interval of the runs, in whole minutes, up to a day.
   *
   * @default 15 minutes - S3 and SQS lose almost nothing, and a killed function loses its lease automatically
   */
  readonly every?: Duration;

  /**
   * How long a drop or record must be unchanged before its message counts as lost, up to a day. A value below 15 minutes,
   * the longest pause between two attempts, only makes more work.
   *
   * @default 30 minutes - twice that pause
   */
  readonly lostAfter?: Duration;

  /**
   * Deletes images of this stack that no record references. They are reported anyway.
   *
   * @default false - a person may still want to look at them
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
