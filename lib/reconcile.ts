import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { LeanFunction, type LeanFunctionProps } from './lean-function.ts';
import { type AlarmNotice, OperatorAlarm } from './operator-alarm.ts';
import { allow } from './statements.ts';

export interface ReconcileFunctionProps
  extends Pick<
    LeanFunctionProps,
    'logRetention' | 'logLevel' | 'metricsNamespace' | 'network' | 'environment' | 'grants'
  > {
  readonly every: Duration;
  readonly notice: AlarmNotice;
}

/** Listings of a thousand keys and a few dozen records at a time: the memory is for CPU. */
export const RECONCILE_MEMORY_MIB = 512;
/** A run ends after its pages, long before; the next one continues there. */
const TIMEOUT = Duration.minutes(5);
/** Runs that fail one after the other before somebody is called: S3 and SQS have their moments. */
const FAILED_RUNS = 3;

/** The function that looks for what got lost, and what runs it. */
export class ReconcileFunction extends LeanFunction {
  constructor(scope: Construct, id: string, { every, notice, ...props }: ReconcileFunctionProps) {
    super(scope, id, {
      ...props,
      name: 'reconcile',
      description: 'Compares bucket, records and images, and sends round again what got lost',
      memorySize: RECONCILE_MEMORY_MIB,
      timeout: TIMEOUT,
    });
    this.runEvery(every);
    this.watch(every, notice);
  }

  private runEvery(every: Duration): void {
    const { functionArn } = this.function;
    const role = new Role(this, 'ScheduleRole', {
      description: 'Runs reconcile on its schedule',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com'),
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

  private watch(every: Duration, notice: AlarmNotice): void {
    new OperatorAlarm(this, 'Errors', {
      metric: this.function.metricErrors({ period: every, statistic: Stats.SUM }),
      evaluationPeriods: FAILED_RUNS,
      meaning: `reconcile has failed ${FAILED_RUNS} times in a row: what gets lost meanwhile is not found; its log says why.`,
      runbook: 'reconcileErrors',
      notice,
    });
  }
}
