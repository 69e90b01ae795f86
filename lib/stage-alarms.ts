import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  type MetricOptions,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageSettings } from './settings/settle-stage.ts';
import type { StageFunction } from './stage-function.ts';
import type { StageQueue } from './stage-queue.ts';

/** The period at which Amazon SQS has figures of a queue that was idle. */
const PERIOD = Duration.minutes(5);

export interface StageAlarmsProps {
  readonly stage: StageSettings;
  readonly queue: StageQueue;
  readonly function: StageFunction;
  /** Told of every alarm; undefined: nobody is. */
  readonly topic: ITopic | undefined;
}

/** What a person has to look at, for one stage. A drop that fails is no alarm: it is published as an outcome. */
export class StageAlarms extends Construct {
  constructor(scope: Construct, id: string, props: StageAlarmsProps) {
    super(scope, id);
    const { stage, queue } = props;
    const options: MetricOptions = { period: PERIOD, statistic: Stats.MAXIMUM };
    const alarms = [
      this.alarm(
        'DeadLetters',
        queue.deadLetters.metricApproximateNumberOfMessagesVisible(options),
        1,
        `Messages that ${stage.name} could not handle wait in the dead-letter queue: look at them, mend the cause and redrive them.`,
      ),
      this.alarm(
        'OldestMessage',
        queue.queue.metricApproximateAgeOfOldestMessage(options),
        stage.oldestMessageAge.toSeconds(),
        `A message for ${stage.name} waits for longer than ${stage.oldestMessageAge.toHumanString()}: the function fails or is too slow.`,
      ),
      this.alarm(
        'Errors',
        props.function.function.metricErrors({ period: PERIOD, statistic: Stats.SUM }),
        1,
        `${stage.name} crashed, timed out or could not start; messages that it cannot handle are reported without an error.`,
      ),
    ];
    if (props.topic === undefined) return;
    const action = new SnsAction(props.topic);
    for (const alarm of alarms) alarm.addAlarmAction(action);
  }

  private alarm(id: string, metric: IMetric, threshold: number, alarmDescription: string): Alarm {
    return new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // An idle queue or function has no figures.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
