import { Duration } from 'aws-cdk-lib';
import { type Bounds, SettingError, wholeNumber } from './checks.ts';
import type { StageProps } from './stage-props.ts';
import type { Stage } from './stages.ts';

/** A stage with the caller's settings in it. */
export interface StageSettings extends Stage {
  readonly timeout: Duration;
  readonly visibilityTimeout: Duration;
  readonly maxReceiveCount: number;
  readonly oldestMessageAge: Duration;
  /** Undefined: none. */
  readonly reservedConcurrency: number | undefined;
}

/** A step gives up after 12 attempts (lambda/steps/under-lease.ts); the redrive must not be faster. */
export const STEP_ATTEMPTS = 12;
const MAX_RECEIVE_COUNT = 30;

const MEMORY: Bounds = { lowest: 128, highest: 10_240, of: 'MiB, the range of AWS Lambda' };
const TIMEOUT: Bounds = { lowest: 1, highest: 900, of: 'seconds, the range of AWS Lambda' };
const VISIBILITY: Bounds = { lowest: 1, highest: 43_200, of: 'seconds, Amazon SQS allows 12 hours' };
const RECEIVE_COUNT: Bounds = {
  lowest: STEP_ATTEMPTS + 1,
  highest: 1000,
  of: `receipts, more than the ${STEP_ATTEMPTS} attempts of a step and no more than Amazon SQS counts`,
};
const MESSAGE_AGE: Bounds = { lowest: 60, highest: 1_209_600, of: 'seconds, no more than a message may live' };
const CONCURRENCY: Bounds = { lowest: 2, highest: 1000, of: 'invocations, the range of an SQS event source mapping' };

/**
 * @param property the name of the stage among the construct's props
 * @throws SettingError naming the property that cannot work
 */
export function resolveStage(property: string, stage: Stage, props: StageProps = {}): StageSettings {
  const { longestTimeoutSeconds = TIMEOUT.highest, leastMemorySize = MEMORY.lowest } = stage;
  const timeout = resolveSeconds(`${property}.timeout`, props.timeout, stage.timeoutSeconds, {
    ...TIMEOUT,
    highest: longestTimeoutSeconds,
  });
  const visibilitySeconds = stage.visibilitySeconds(timeout.toSeconds());
  const visibility = resolveSeconds(
    `${property}.visibilityTimeout`,
    props.visibilityTimeout,
    visibilitySeconds,
    VISIBILITY,
  );
  if (visibility.toSeconds() < timeout.toSeconds()) {
    const problem = `a second invocation would process the message while the first still works; give at least the timeout, ${timeout.toSeconds()} s.`;
    throw new SettingError(`${property}.visibilityTimeout`, `${visibility.toSeconds()} s`, problem);
  }
  const maxConcurrency = resolveConcurrency(`${property}.maxConcurrency`, props.maxConcurrency ?? stage.maxConcurrency);
  return {
    ...stage,
    maxConcurrency,
    reservedConcurrency: resolveReserved(property, props.reservedConcurrency, maxConcurrency),
    memorySize: wholeNumber(`${property}.memorySize`, props.memorySize ?? stage.memorySize, {
      ...MEMORY,
      lowest: leastMemorySize,
    }),
    timeout,
    visibilityTimeout: visibility,
    maxReceiveCount: wholeNumber(
      `${property}.maxReceiveCount`,
      props.maxReceiveCount ?? MAX_RECEIVE_COUNT,
      RECEIVE_COUNT,
    ),
    oldestMessageAge: resolveSeconds(
      `${property}.oldestMessageAge`,
      props.oldestMessageAge,
      stage.oldestMessageAgeSeconds,
      MESSAGE_AGE,
    ),
  };
}

/** @throws SettingError */
export function resolveConcurrency(property: string, value: number): number {
  return wholeNumber(property, value, CONCURRENCY);
}

/** Less than the event source may invoke would throttle messages, which count a receipt each time. */
function resolveReserved(property: string, given: number | undefined, maxConcurrency: number): number | undefined {
  if (given === undefined) return undefined;
  const bounds = {
    ...CONCURRENCY,
    lowest: maxConcurrency,
    of: 'invocations, no fewer than its event source may start',
  };
  return wholeNumber(`${property}.reservedConcurrency`, given, bounds);
}

function resolveSeconds(property: string, given: Duration | undefined, byDefault: number, bounds: Bounds): Duration {
  return Duration.seconds(wholeNumber(property, given?.toSeconds({ integral: false }) ?? byDefault, bounds));
}
