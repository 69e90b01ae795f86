import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DropRecord } from '../model/record.ts';
import type { TargetPause } from '../model/target-pause.ts';

/**
 * Counts settled drops in CloudWatch (embedded metric format): `DropsActive`, `DropsFailed`, `DropsSuperseded` and
 * `BytesActive` by target, and `DropFailures` by target and error code.
 */
export function outcomeMetrics(metrics: Metrics = new Metrics()): (record: DropRecord) => void {
  return (record) => {
    const byTarget = metrics.singleMetric();
    byTarget.addDimension('target', record.target);
    byTarget.addMetric(`Drops${record.status[0]?.toUpperCase()}${record.status.slice(1)}`, MetricUnit.Count, 1);
    if (record.status === 'active') countBytes(metrics, record);
    if (record.error !== undefined) countFailure(metrics, record, record.error.code);
  };
}

/** One for all functions: a target is paused for all of them. */
const PAUSES_SERVICE = 'imagedrop';

/** Counts pauses of targets that begin or go on, by target: `TargetPaused`. */
export function pauseMetrics(
  metrics: Metrics = new Metrics({ serviceName: PAUSES_SERVICE }),
): (pause: TargetPause) => void {
  return ({ target }) => {
    const byTarget = metrics.singleMetric();
    byTarget.addDimension('target', target);
    byTarget.addMetric('TargetPaused', MetricUnit.Count, 1);
  };
}

function countBytes(metrics: Metrics, record: DropRecord): void {
  const bytes = metrics.singleMetric();
  bytes.addDimension('target', record.target);
  bytes.addMetric('BytesActive', MetricUnit.Bytes, record.drop.size);
}

function countFailure(metrics: Metrics, record: DropRecord, code: string): void {
  const failure = metrics.singleMetric();
  failure.addDimension('target', record.target);
  failure.addDimension('code', code);
  failure.addMetric('DropFailures', MetricUnit.Count, 1);
}
