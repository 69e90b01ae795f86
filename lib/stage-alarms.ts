import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRICS_SERVICE, type MetricName } from '../lambda/model/metrics.ts';
import { type AlarmNotice, OperatorAlarm } from './operator-alarm.ts';
import type { StageSettings } from './settings/resolve-stage.ts';
import type { StageFunction } from './stage-function.ts';
import type { StageQueue } from './stage-queue.ts';

/** The period at which Amazon SQS has figures of a queue that was idle. */
const PERIOD = Duration.minutes(5);
/** One throttled invocation is tried again at once; a quarter of an hour of them means that the account is at its limit. */
const THROTTLED_PERIODS = 3;

export interface StageAlarmsProps {
  readonly stage: StageSettings;
  readonly queue: StageQueue;
  readonly function: StageFunction;
  readonly notice: AlarmNotice;
  readonly metricsNamespace: string;
  /** How often reconcile looks at dead letters. */
  readonly every: Duration;
}

/** What a person has to look at, for one stage. A drop that fails is not an alarm: it is published as an outcome. */
export class StageAlarms extends Construct {
  constructor(scope: Construct, id: string, props: StageAlarmsProps) {
    const { stage, queue, function: stageFunction, notice, metricsNamespace: namespace, every: period } = props;
    super(scope, id);
    const options: MetricOptions = { period: PERIOD, statistic: Stats.MAXIMUM };
    new OperatorAlarm(this, 'DeadLetters', {
      metric: new Metric({
        namespace,
        metricName: 'DeadLettersOpen' satisfies MetricName,
        dimensionsMap: { service: METRICS_SERVICE, stage: stage.name },
        period,
        statistic: Stats.MAXIMUM,
      }),
      keptByAbsence: true,
      meaning: `Messages that ${stage.name} could not handle are in the dead-letter queue, and their drops wait: look at them, fix the cause and redrive them.`,
      runbook: 'deadLetters',
      notice,
    });
    new OperatorAlarm(this, 'OldestMessage', {
      metric: queue.queue.metricApproximateAgeOfOldestMessage(options),
      threshold: stage.oldestMessageAge.toSeconds(),
      meaning: `A message for ${stage.name} waits for longer than ${stage.oldestMessageAge.toHumanString()}: the function fails or is too slow.`,
      runbook: 'oldestMessage',
      notice,
    });
    new OperatorAlarm(this, 'Errors', {
      metric: stageFunction.function.metricErrors({ period: PERIOD, statistic: Stats.SUM }),
      meaning: `${stage.name} crashed, timed out or could not start; messages that it cannot handle are reported without an error.`,
      runbook: 'functionErrors',
      notice,
    });
    new OperatorAlarm(this, 'Throttles', {
      metric: stageFunction.function.metricThrottles({ period: PERIOD, statistic: Stats.SUM }),
      evaluationPeriods: THROTTLED_PERIODS,
      meaning: `AWS Lambda has refused to start ${stage.name} for ${THROTTLED_PERIODS * PERIOD.toMinutes()} minutes: the account has reached its limit of concurrent invocations.`,
      runbook: 'throttles',
      notice,
    });
  }
}
