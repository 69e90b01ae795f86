import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { LeanFunction } from '../lean-function.ts';
import type { StageQueue } from '../stage-queue.ts';
import type { TargetMetrics } from '../target-alarm.ts';
import type { Prices } from './prices.ts';

/** What a dashboard shows. */
export interface Watched {
  readonly targets: readonly WatchedTarget[];
  /** By the name of the stage. */
  readonly queues: Readonly<Record<string, StageQueue>>;
  readonly functions: Readonly<Record<string, WatchedFunction>>;
  /** Items of a run of reconcile that it could not read or correct. */
  readonly reconcileErrors: Metric;
  readonly buckets: Readonly<Record<string, Pick<IBucket, 'bucketName'>>>;
}

export interface WatchedTarget {
  readonly name: string;
  readonly metrics: TargetMetrics;
}

export interface WatchedFunction {
  readonly function: LeanFunction;
  readonly memorySize: number;
}

/** The dashboard in CloudWatch. */
export interface DashboardProps {
  /**
   * The name of the dashboard.
   *
   * @default - made of the stack's name - names are unique in an account
   */
  readonly name?: string;

  /**
   * Prices for the estimate of daily costs.
   *
   * @default - list prices of us-east-1
   */
  readonly prices?: Prices;
}
