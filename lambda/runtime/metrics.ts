import type { DropRecord } from '../model/record.ts';
import type { TargetPause } from '../model/target-pause.ts';
import type { Telemetry } from './telemetry.ts';

type Dimensions = Readonly<Record<string, string>>;
type Count = (name: string, value: number, dimensions: Dimensions, unit?: 'Count' | 'Bytes') => void;

/**
 * Counts settled drops in CloudWatch (embedded metric format): `DropsActive`, `DropsFailed`, `DropsSuperseded` and
 * `BytesActive` by target, and `DropFailures` by target and error code.
 */
export function outcomeMetrics(telemetry: Telemetry): (record: DropRecord) => void {
  const count = counter(telemetry);
  return ({ target, status, drop, error }) => {
    count(`Drops${status[0]?.toUpperCase()}${status.slice(1)}`, 1, { target });
    if (status === 'active') count('BytesActive', drop.size, { target }, 'Bytes');
    if (error !== undefined) count('DropFailures', 1, { target, code: error.code });
  };
}

/** One for all functions: a target is paused for all of them. */
const PAUSES_SERVICE = 'imagedrop';

/** Counts pauses of targets that begin or go on, by target: `TargetPaused`. */
export function pauseMetrics(telemetry: Telemetry): (pause: TargetPause) => void {
  const count = counter({ ...telemetry, service: PAUSES_SERVICE });
  return ({ target }) => count('TargetPaused', 1, { target });
}

/** Writes a line that CloudWatch makes a metric of ("Specification: Embedded metric format"). */
function counter({ namespace, service }: Telemetry): Count {
  return (name, value, dimensions, unit = 'Count') => {
    const named = { service, ...dimensions };
    const directive = {
      Namespace: namespace,
      Dimensions: [Object.keys(named)],
      Metrics: [{ Name: name, Unit: unit }],
    };
    const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [directive] };
    process.stdout.write(`${JSON.stringify({ _aws, ...named, [name]: value })}\n`);
  };
}
