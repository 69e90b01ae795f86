import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { LeanFunction, type LeanFunctionProps } from './lean-function.ts';
import type { StageSettings } from './settings/resolve-stage.ts';
import { receiveFrom } from './statements.ts';

export interface StageFunctionProps
  extends Pick<
    LeanFunctionProps,
    | 'publisherKeys'
    | 'logRetention'
    | 'logLevel'
    | 'metricsNamespace'
    | 'tracing'
    | 'network'
    | 'environment'
    | 'managedInstances'
  > {
  readonly stage: StageSettings;
  readonly queue: Queue;
  /** What the function may do beside working on its queue and writing its log. */
  readonly grants: readonly PolicyStatement[];
}

/** The function that works on a queue. */
export class StageFunction extends LeanFunction {
  constructor(scope: Construct, id: string, { stage, queue, grants, ...props }: StageFunctionProps) {
    const { name, description, memorySize, timeout, maxConcurrency, reservedConcurrency } = stage;
    // Managed instances stand in subnets of their own.
    const network = props.managedInstances === undefined ? props.network : undefined;
    super(scope, id, {
      ...props,
      network,
      name,
      description,
      memorySize,
      timeout,
      maxConcurrency,
      reservedConcurrency,
      grants: [receiveFrom(queue), ...grants],
    });
    this.function.addEventSourceMapping('Messages', {
      eventSourceArn: queue.queueArn,
      batchSize: stage.batchSize,
      maxConcurrency,
      reportBatchItemFailures: true,
    });
  }
}
