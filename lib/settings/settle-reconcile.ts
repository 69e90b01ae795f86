import { Duration } from 'aws-cdk-lib';
import { type Bounds, wholeNumber } from './checks.ts';
import type { ReconcileProps } from './reconcile-props.ts';

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
export function settleReconcile(props: ReconcileProps = {}): ReconcileSettings {
  const minutes = props.every?.toMinutes({ integral: false }) ?? 15;
  const seconds = props.lostAfter?.toSeconds({ integral: false }) ?? 1800;
  return {
    every: Duration.minutes(wholeNumber('reconcile.every', minutes, EVERY)),
    lostAfter: Duration.seconds(wholeNumber('reconcile.lostAfter', seconds, LOST_AFTER)),
    deleteOrphanedImages: props.deleteOrphanedImages ?? false,
  };
}
