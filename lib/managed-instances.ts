import { Validations } from 'aws-cdk-lib';
import { type Architecture, CapacityProvider, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ManagedInstancesProps } from './settings/managed-instances-props.ts';

/** EC2 instances that AWS Lambda starts, fills and ends automatically, for one function. */
export class ManagedInstances extends Construct {
  readonly provider: CapacityProvider;

  constructor(scope: Construct, id: string, props: ManagedInstancesProps & { readonly architecture: Architecture }) {
    super(scope, id);
    const { subnets, securityGroups, architecture, maxVCpuCount } = props;
    this.provider = new CapacityProvider(this, 'Provider', {
      subnets,
      securityGroups,
      architectures: [architecture],
      ...(maxVCpuCount !== undefined && { maxVCpuCount }),
    });
    Validations.of(this.provider).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator]',
      reason: 'AWS Lambda manages the instances by the policy that AWS keeps for exactly that.',
    });
  }

  /** @param maxConcurrency what the event source may start: one without an environment would be throttled */
  run(fn: LambdaFunction, maxConcurrency: number): void {
    this.provider.addFunction(fn, {
      // One upload for each process, as on AWS Lambda itself: what one needs of memory and CPU is known by measurement.
      perExecutionEnvironmentMaxConcurrency: 1,
      latestPublishedScalingConfig: {
        minExecutionEnvironments: Math.min(LEAST_ENVIRONMENTS, maxConcurrency),
        maxExecutionEnvironments: maxConcurrency,
      },
    });
  }
}

/** The default of AWS Lambda: one for each of three availability zones. */
const LEAST_ENVIRONMENTS = 3;
