import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type AlarmNotice, OperatorAlarm } from './operator-alarm.ts';
import { TargetMetrics } from './target-metrics.ts';

/** A target that is paused is tried again at least so often, and says so each time. */
const PERIOD = Duration.minutes(5);
/** Paused in two of three periods: a service that restarts, or is busy for a moment, raises no alarm. */
const PERIODS = 3;
const PERIODS_TO_ALARM = 2;

export interface TargetAlarmProps {
  /** Name of the target. */
  readonly target: string;
  readonly metricsNamespace: string;
  readonly notice: AlarmNotice;
}

/** The one alarm of a target that has no room or does not answer, however many drops wait for it. */
export class TargetAlarm extends Construct {
  constructor(scope: Construct, id: string, { target, metricsNamespace, notice }: TargetAlarmProps) {
    super(scope, id);
    const metrics = new TargetMetrics(metricsNamespace, target);
    new OperatorAlarm(this, 'Alarm', {
      metric: metrics.metric('TargetPaused', { period: PERIOD, statistic: Stats.SUM }),
      evaluationPeriods: PERIODS,
      datapointsToAlarm: PERIODS_TO_ALARM,
      meaning: `The target ${target} has no room or does not answer, and all its drops wait: targets/${target}.json in the status bucket says what it answers. They continue automatically once it is fixed.`,
      runbook: 'targetPaused',
      notice,
    });
  }
}
