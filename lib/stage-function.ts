import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { SharedEnvironment } from '../lambda/runtime/environment.ts';
import { bundledCode } from './bundle.ts';
import { ManagedInstances } from './managed-instances.ts';
import type { ManagedInstancesProps } from './settings/managed-instances-props.ts';
import type { Settings } from './settings/settings.ts';
import type { StageSettings } from './settings/settle-stage.ts';
import { allow, receiveFrom } from './statements.ts';

export interface StageFunctionProps extends Pick<Settings, 'logRetention' | 'logLevel'> {
  readonly stage: StageSettings;
  readonly queue: Queue;
  readonly environment: SharedEnvironment;
  /** In place of AWS Lambda's own machines. */
  readonly managedInstances?: ManagedInstancesProps | undefined;
  /** What the function may do beside working on its queue and writing its log. */
  readonly grants: readonly PolicyStatement[];
}

/**
 * How Node.js runs. Image bytes are held outside its heap, and a large young generation would let megabytes of them wait
 * to be freed: with these two a function needs about 60 MiB less while it streams, and streams as fast.
 */
const LEAN = {
  NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=1',
  MALLOC_ARENA_MAX: '2',
} as const;

const ARCHITECTURE = Architecture.ARM_64;

/** The function that works on a queue, with its own role and log. */
export class StageFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: StageFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      // What must outlive the stack is in the buckets.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = this.roleFor(props);
    const { managedInstances } = props;
    // A function that has run on managed instances can never leave them: with and without is not the same function.
    this.function = this.functionFor(managedInstances === undefined ? 'Function' : 'ManagedFunction', props);
    if (managedInstances !== undefined) {
      new ManagedInstances(this, 'Instances', { ...managedInstances, architecture: ARCHITECTURE }).run(this.function);
    }
    this.function.addEventSourceMapping('Messages', {
      eventSourceArn: props.queue.queueArn,
      batchSize: props.stage.batchSize,
      maxConcurrency: props.stage.maxConcurrency,
      reportBatchItemFailures: true,
    });
  }

  private roleFor({ stage, queue, grants }: StageFunctionProps): Role {
    const statements = [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], this.logGroup.logGroupArn),
      receiveFrom(queue),
      ...grants,
    ];
    return new Role(this, 'Role', {
      description: `Role of ${stage.name}`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { [stage.name]: new PolicyDocument({ statements }) },
    });
  }

  private functionFor(id: string, { stage, environment, logLevel }: StageFunctionProps): LambdaFunction {
    return new LambdaFunction(this, id, {
      code: bundledCode(stage.name),
      handler: 'index.handler',
      description: `imagedrop: ${stage.description}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: ARCHITECTURE,
      memorySize: stage.memorySize,
      timeout: stage.timeout,
      role: this.role,
      // Messages come round by design, a waiting image's by the hundred, and each step counts its own attempts: the
      // loop detection of AWS Lambda would take the message away after about 16 rounds.
      recursiveLoop: RecursiveLoop.ALLOW,
      logGroup: this.logGroup,
      environment: {
        ...environment,
        ...LEAN,
        POWERTOOLS_SERVICE_NAME: stage.name,
        POWERTOOLS_METRICS_NAMESPACE: 'ImageDrop',
        POWERTOOLS_LOG_LEVEL: logLevel,
      },
    });
  }
}
