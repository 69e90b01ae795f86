import { Duration } from 'aws-cdk-lib';
import { GraphWidget, type IWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Watched } from './watched.ts';

/** At which Amazon SQS has figures of a queue that was idle. */
const PERIOD = Duration.minutes(5);
const MAXIMUM = { statistic: Stats.MAXIMUM, period: PERIOD };
const SUM = { statistic: Stats.SUM, period: PERIOD };
const WIDTH = 8;

/** What all targets share: queues and functions. */
export function pipelineWidgets({ queues, functions, reconcileErrors }: Watched): IWidget[] {
  const stages = Object.entries(queues);
  const watched = Object.entries(functions).map(([label, each]) => ({ label, fn: each.function.function }));
  return [
    new GraphWidget({
      title: 'Age of the oldest message, seconds',
      width: WIDTH,
      left: stages.map(([label, { queue }]) => queue.metricApproximateAgeOfOldestMessage({ ...MAXIMUM, label })),
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: 'Messages: waiting, under way, put off',
      width: WIDTH,
      stacked: true,
      left: stages.flatMap(([label, { queue }]) => [
        queue.metricApproximateNumberOfMessagesVisible({ ...MAXIMUM, label: `${label} waiting` }),
        queue.metricApproximateNumberOfMessagesNotVisible({ ...MAXIMUM, label: `${label} under way` }),
        queue.metricApproximateNumberOfMessagesDelayed({ ...MAXIMUM, label: `${label} put off` }),
      ]),
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: 'Dead letters',
      width: WIDTH,
      stacked: true,
      left: stages.map(([label, { deadLetters }]) =>
        deadLetters.metricApproximateNumberOfMessagesVisible({ ...MAXIMUM, label }),
      ),
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: 'Invocations at a time',
      width: WIDTH,
      left: watched.map(({ label, fn }) => fn.metric('ConcurrentExecutions', { ...MAXIMUM, label })),
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: 'Longest invocation, milliseconds',
      width: WIDTH,
      left: watched.map(({ label, fn }) => fn.metricDuration({ ...MAXIMUM, label })),
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: 'Errors and throttled invocations',
      width: WIDTH,
      stacked: true,
      left: watched.flatMap(({ label, fn }) => [
        fn.metricErrors({ ...SUM, label: `${label} errors` }),
        fn.metricThrottles({ ...SUM, label: `${label} throttled` }),
      ]),
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: 'Reconcile: items that could not be read or corrected',
      width: WIDTH,
      left: [reconcileErrors.with({ ...SUM, label: 'errors' })],
      leftYAxis: { min: 0 },
    }),
  ];
}
