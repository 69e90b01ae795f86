import { Aws, Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { METRICS_SERVICE, type MetricName } from '../lambda/model/metrics.ts';
import { LeanFunction, type LeanFunctionProps } from './lean-function.ts';
import { type AlarmNotice, OperatorAlarm } from './operator-alarm.ts';
import { allow } from './statements.ts';

export interface ReconcileFunctionProps
  extends Pick<
    LeanFunctionProps,
    'logRetention' | 'logLevel' | 'metricsNamespace' | 'tracing' | 'network' | 'environment' | 'grants'
  > {
  readonly every: Duration;
  /** Items of a run that could not be read or corrected. Each run that ends writes a figure, 0 too. */
  readonly errors: Metric;
  readonly notice: AlarmNotice;
}

/** Listings of a thousand keys and a few dozen records at a time: the memory is for CPU. */
export const RECONCILE_MEMORY_MIB = 512;
/** A run ends after its pages, long before; the next one continues there. */
const TIMEOUT = Duration.minutes(5);
/** Runs without success, one after the other, that raise an alarm: S3, SQS and clouds have short faults. */
const FAILED_RUNS = 3;

/** The function that looks for what got lost, and what runs it. */
export class ReconcileFunction extends LeanFunction {
  constructor(scope: Construct, id: string, { every, errors, notice, ...props }: ReconcileFunctionProps) {
    super(scope, id, {
      ...props,
      name: 'reconcile',
      description: 'Compares bucket, records and images, and sends round again what got lost',
      memorySize: RECONCILE_MEMORY_MIB,
      timeout: TIMEOUT,
    });
    this.runEvery(every);
    this.watch(every, errors, notice);
  }

  private runEvery(every: Duration): void {
    const { functionArn } = this.function;
    const role = new Role(this, 'ScheduleRole', {
      description: 'Runs reconcile on its schedule',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        // AWS EventBridge Scheduler user guide, "Cross-service confused deputy prevention".
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      inlinePolicies: {
        invoke: new PolicyDocument({ statements: [allow(['lambda:InvokeFunction'], functionArn)] }),
      },
    });
    const minutes = every.toMinutes();
    new CfnSchedule(this, 'Schedule', {
      description: 'Runs reconcile',
      scheduleExpression: `rate(${minutes} minute${minutes === 1 ? '' : 's'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.roleArn,
        input: '{}',
        // The next run is as good as another try of this one.
        retryPolicy: { maximumRetryAttempts: 0 },
      },
    });
  }

  private watch(every: Duration, errors: Metric, notice: AlarmNotice): void {
    const common = { evaluationPeriods: FAILED_RUNS, notice };
    new OperatorAlarm(this, 'Errors', {
      metric: this.function.metricErrors({ period: every, statistic: Stats.SUM }),
      ...common,
      meaning: `reconcile has failed ${FAILED_RUNS} times in a row: what gets lost meanwhile is not found; its log says why.`,
      runbook: 'reconcileErrors',
    });
    new OperatorAlarm(this, 'Findings', {
      metric: errors.with({ period: every, statistic: Stats.SUM }),
      ...common,
      meaning: `In ${FAILED_RUNS} runs in a row reconcile could not read or correct an item; its log names each one.`,
      runbook: 'reconcileFindings',
    });
    const namespace = errors.namespace;
    new OperatorAlarm(this, 'WithoutProgress', {
      metric: new Metric({
        namespace,
        metricName: 'RecordsWithoutProgress' satisfies MetricName,
        dimensionsMap: { service: METRICS_SERVICE },
        period: every,
        statistic: Stats.MAXIMUM,
      }),
      keptByAbsence: true,
      notice,
      meaning: 'Drops have neither a new status nor moved bytes for six hours; the log of reconcile names each one.',
      runbook: 'withoutProgress',
    });
    new OperatorAlarm(this, 'Stopped', {
      metric: errors.with({ period: every, statistic: Stats.SAMPLE_COUNT }),
      raisedByAbsence: true,
      ...common,
      meaning: `No run of reconcile has ended for ${every.toMinutes() * FAILED_RUNS} minutes: what gets lost meanwhile is not found.`,
      runbook: 'reconcileStopped',
    });
  }
}
