import type { Assembly } from './assembly.ts';
import { type Properties, TemplateError } from './properties.ts';
import type { StackTemplate } from './stack-template.ts';

export interface RolePlan {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly policies: readonly PolicyPlan[];
}

export interface PolicyPlan {
  readonly document: unknown;
  /** Names the place in errors. */
  readonly where: string;
}

/** Roles with the policies inside them and those attached to them. */
export function readRoles(template: StackTemplate): RolePlan[] {
  const attached = readAttachedPolicies(template);
  return template.resources('AWS::IAM::Role').map(({ logicalId, identity, properties }) => {
    properties.refuse('ManagedPolicyArns', 'PermissionsBoundary');
    const inside = properties
      .objects('Policies')
      .map((policy) => ({ document: policy.raw('PolicyDocument'), where: policy.where }));
    const name = String(identity.Ref);
    return { logicalId, name, arn: String(identity.Arn), policies: [...inside, ...(attached.get(name) ?? [])] };
  });
}

function readAttachedPolicies(template: StackTemplate): Map<string, PolicyPlan[]> {
  const byRole = new Map<string, PolicyPlan[]>();
  for (const { properties } of template.resources('AWS::IAM::Policy')) {
    properties.refuse('Users', 'Groups');
    const policy = { document: properties.raw('PolicyDocument'), where: properties.where };
    const roles = properties.strings('Roles');
    if (roles.length === 0) throw new TemplateError(`${properties.where} is attached to no role`);
    for (const role of roles) byRole.set(role, [...(byRole.get(role) ?? []), policy]);
  }
  return byRole;
}

export interface FunctionPlan {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** The asset's folder. */
  readonly folder: string;
  /** `index.handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** MiB. */
  readonly memorySize: number;
  readonly roleArn: string;
  readonly logGroupName: string;
  /** Invocations at one time; undefined where the template sets no bound. */
  readonly reservedConcurrency: number | undefined;
}

export interface MappingPlan {
  readonly queueArn: string;
  /** Name or ARN. */
  readonly functionName: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  readonly maximumConcurrency: number;
  readonly reportBatchItemFailures: boolean;
}

export function readFunctions(template: StackTemplate, assembly: Assembly): FunctionPlan[] {
  return template.resources('AWS::Lambda::Function').map(({ logicalId, identity, properties }) => {
    properties.refuse('Layers', 'ImageConfig', 'FileSystemConfigs');
    checkRuntime(properties);
    const name = String(identity.Ref);
    return {
      logicalId,
      name,
      arn: String(identity.Arn),
      folder: codeFolder(properties, assembly),
      handler: properties.string('Handler'),
      environment: properties.object('Environment').object('Variables').texts(),
      // The defaults of AWS::Lambda::Function.
      timeoutSeconds: properties.number('Timeout', 3),
      memorySize: properties.number('MemorySize', 128),
      roleArn: properties.string('Role'),
      logGroupName: properties.object('LoggingConfig').optionalString('LogGroup') ?? `/aws/lambda/${name}`,
      reservedConcurrency: properties.optionalNumber('ReservedConcurrentExecutions'),
    };
  });
}

function checkRuntime(properties: Properties): void {
  const runtime = properties.string('Runtime');
  if (runtime.startsWith('nodejs')) return;
  throw new TemplateError(`${properties.where} has the runtime ${runtime}; the local stack runs Node.js only`);
}

function codeFolder(properties: Properties, assembly: Assembly): string {
  const code = properties.object('Code');
  code.refuse('ImageUri', 'ZipFile');
  return assembly.assetFolder(code.string('S3Key'));
}

export function readMappings(template: StackTemplate): MappingPlan[] {
  return template
    .resources('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => properties.boolean('Enabled', true))
    .map(({ properties }) => {
      properties.refuse('FilterCriteria', 'ProvisionedPollerConfig');
      return {
        queueArn: queueSource(properties),
        functionName: properties.string('FunctionName'),
        // The defaults of AWS::Lambda::EventSourceMapping for queues.
        batchSize: properties.number('BatchSize', 10),
        batchingWindowSeconds: properties.number('MaximumBatchingWindowInSeconds', 0),
        // Without a bound, Lambda begins with five batches at one time ("Using Lambda with Amazon SQS", scaling).
        maximumConcurrency: properties.object('ScalingConfig').number('MaximumConcurrency', 5),
        reportBatchItemFailures: properties.strings('FunctionResponseTypes').includes('ReportBatchItemFailures'),
      };
    });
}

function queueSource(properties: Properties): string {
  const source = properties.string('EventSourceArn');
  if (source.startsWith('arn:aws:sqs:')) return source;
  throw new TemplateError(`${properties.where} polls ${source}; the local stack polls SQS queues only`);
}
