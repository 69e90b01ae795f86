import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/** A target that is paused is tried again at least so often, and says so each time. */
const PERIOD = Duration.minutes(5);
/** Paused in two of three periods: a service that was restarted, or busy for a moment, wakes nobody. */
const PERIODS = 3;
const PERIODS_TO_ALARM = 2;

/** The one alarm of a target that has no room or does not answer, however many drops wait for it. */
export class TargetAlarm extends Construct {
  /** @param topic told of it; undefined: nobody is */
  constructor(scope: Construct, id: string, target: string, topic: ITopic | undefined) {
    super(scope, id);
    const alarm = new Alarm(this, 'Alarm', {
      // As runtime/metrics.ts counts it: one service for all functions.
      metric: new Metric({
        namespace: 'ImageDrop',
        metricName: 'TargetPaused',
        dimensionsMap: { service: 'imagedrop', target },
        period: PERIOD,
        statistic: Stats.SUM,
      }),
      threshold: 1,
      evaluationPeriods: PERIODS,
      datapointsToAlarm: PERIODS_TO_ALARM,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `The target ${target} has no room or does not answer, and all its drops wait: targets/${target}.json in the status bucket says what it answers. They go on by themselves once it is mended.`,
    });
    if (topic !== undefined) alarm.addAlarmAction(new SnsAction(topic));
  }
}
