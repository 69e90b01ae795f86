import { Annotations, type Duration, RemovalPolicy, Token, Validations } from 'aws-cdk-lib';
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, CfnFunction, Function as LambdaFunction, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { PublisherKeys, SharedEnvironment } from '../lambda/runtime/environment.ts';
import { bundledCode } from './bundle.ts';
import type { EntryPoint } from './entry-points.ts';
import { ManagedInstances } from './managed-instances.ts';
import { acknowledgeNetwork, networkStatements } from './network-access.ts';
import { SettingError } from './settings/checks.ts';
import type { ManagedInstancesProps } from './settings/managed-instances-props.ts';
import type { NetworkSettings } from './settings/network.ts';
import type { Settings } from './settings/settings.ts';
import { allow } from './statements.ts';

export interface LeanFunctionProps
  extends Pick<Settings, 'logRetention' | 'logLevel' | 'metricsNamespace' | 'tracing'> {
  /** Of its entry point in lambda/, and of the service in logs and metrics. */
  readonly name: EntryPoint;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: Duration;
  /** Undefined: none. */
  readonly reservedConcurrency?: number | undefined;
  readonly environment: SharedEnvironment;
  /** Undefined: the function has none. */
  readonly publisherKeys?: PublisherKeys | undefined;
  /** The VPC that it is in; undefined: none. */
  readonly network?: NetworkSettings | undefined;
  /** What its event source may start at a time. @default 1 */
  readonly maxConcurrency?: number;
  /** In place of AWS Lambda's own machines. */
  readonly managedInstances?: ManagedInstancesProps | undefined;
  /** What the function may do beside writing its log. */
  readonly grants: readonly PolicyStatement[];
}

/**
 * How Node.js runs. The runtime of AWS Lambda bounds the heap by the function's memory, but not where NODE_OPTIONS is set:
 * V8's own bound is that of the machine, and the function would be killed before V8 frees anything. Image bytes are held
 * outside its heap, and a large young generation keeps megabytes of them: with these two a function needs about 60 MiB
 * less while it streams, and streams as fast. A third setting is not an option of the environment
 * (lambda/runtime/lean-memory.ts).
 */
const leanNode = (memorySize: number) => ({
  NODE_OPTIONS: `--max-semi-space-size=1 --max-old-space-size=${Math.floor(HEAP_SHARE * memorySize)}`,
  MALLOC_ARENA_MAX: '2',
});

/** Of the function's memory; the rest is for the process and for the bytes outside its heap. */
const HEAP_SHARE = 0.75;

/** AWS Lambda quotas: "Function environment variables". */
const MAX_ENVIRONMENT_BYTES = 4096;

/** Bytes that a name can have which CloudFormation makes: a queue's URL (the longest is in China), a bucket, any ARN. */
const NAMES = {
  shortest: { url: 70, bucket: 30, other: 50 },
  longest: { url: 137, bucket: 63, other: 225 },
} as const;
type Names = (typeof NAMES)[keyof typeof NAMES];

function bytesOf(environment: Readonly<Record<string, string>>, names: Names): number {
  return Object.entries(environment).reduce((sum, [name, value]) => {
    if (!Token.isUnresolved(value)) return sum + name.length + Buffer.byteLength(value);
    const kind = name.endsWith('_URL') ? 'url' : name.endsWith('_BUCKET') ? 'bucket' : 'other';
    return sum + name.length + names[kind];
  }, 0);
}

/**
 * A function whose environment is too large fails only while it is deployed. Where that depends on the names that
 * CloudFormation makes, synthesis warns.
 */
function requireRoom(scope: Construct, name: string, environment: Readonly<Record<string, string>>): void {
  const most = bytesOf(environment, NAMES.longest);
  if (most <= MAX_ENVIRONMENT_BYTES) return;
  const problem = `with them the environment of ${name} has up to ${most} bytes, and AWS Lambda takes ${MAX_ENVIRONMENT_BYTES}: move metadata to imagedrop.yaml in the bucket, or deploy a second stack for some of them.`;
  if (bytesOf(environment, NAMES.shortest) > MAX_ENVIRONMENT_BYTES) {
    throw new SettingError('targets', `${Buffer.byteLength(environment.TARGETS ?? '')} bytes`, problem);
  }
  Annotations.of(scope).addWarningV2('imagedrop:environment', `There are many targets: ${problem}`);
}

const ARCHITECTURE = Architecture.ARM_64;

/** A function of the pipeline, with its own role and log. */
export class LeanFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: LeanFunctionProps) {
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
      new ManagedInstances(this, 'Instances', { ...managedInstances, architecture: ARCHITECTURE }).run(
        this.function,
        props.maxConcurrency ?? 1,
      );
    }
  }

  private roleFor({ name, grants, network, tracing }: LeanFunctionProps): Role {
    const statements = [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], this.logGroup.logGroupArn),
      ...grants,
      ...(network === undefined ? [] : networkStatements()),
      ...(tracing ? [tracingStatement()] : []),
    ];
    const role = new Role(this, 'Role', {
      description: `Role of ${name}`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { [name]: new PolicyDocument({ statements }) },
    });
    if (network !== undefined) acknowledgeNetwork(role);
    if (tracing) acknowledgeTracing(role);
    return role;
  }

  private functionFor(id: string, props: LeanFunctionProps): LambdaFunction {
    const environment = {
      ...props.environment,
      ...leanNode(props.memorySize),
      POWERTOOLS_SERVICE_NAME: props.name,
      POWERTOOLS_METRICS_NAMESPACE: props.metricsNamespace,
      POWERTOOLS_LOG_LEVEL: props.logLevel,
    };
    requireRoom(this, props.name, environment);
    const fn = new LambdaFunction(this, id, {
      code: bundledCode(props.name, props.publisherKeys),
      handler: 'index.handler',
      description: `imagedrop: ${props.description}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: ARCHITECTURE,
      memorySize: props.memorySize,
      timeout: props.timeout,
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
      role: this.role,
      // Messages come round by design, a waiting image's by the hundred, and each step counts its own attempts: the
      // loop detection of AWS Lambda would take the message away after about 16 rounds.
      recursiveLoop: RecursiveLoop.ALLOW,
      logGroup: this.logGroup,
      ...props.network,
      environment,
    });
    // The property of the construct would add a policy to the role.
    if (props.tracing) cfnFunctionOf(fn).tracingConfig = { mode: 'Active' };
    return fn;
  }
}

function cfnFunctionOf(fn: LambdaFunction): CfnFunction {
  const resource = fn.node.defaultChild;
  if (CfnFunction.isCfnFunction(resource)) return resource;
  throw new TypeError(`${fn.node.path} has no function resource.`);
}

/** AWS X-Ray knows no resource to restrict these actions to (Service Authorization Reference, "AWS X-Ray"). */
const tracingStatement = (): PolicyStatement => allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*');

function acknowledgeTracing(role: Role): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'Traces are written by actions that know no resource.',
  });
}
