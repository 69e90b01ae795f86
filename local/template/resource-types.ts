import { ACCOUNT_ID, arn, bucketName, physicalName, REGION, roleArn, secretArn } from './names.ts';

/** A resource as far as its own name needs it. */
export interface Nameable {
  readonly stackName: string;
  readonly logicalId: string;
  /** Where the queues are reached: `http://127.0.0.1:4566`. */
  readonly gateUrl: string;
  /** A property that settles the name; undefined where the template leaves it to CloudFormation. */
  given(property: string): string | undefined;
}

/** What `Ref` and `Fn::GetAtt` give for one resource; `Ref` is the entry of that name. */
export type Identity = Readonly<Record<string, string>>;

/**
 * The types that this stack knows, and what they are called. The names' limits and the values of Ref and Fn::GetAtt are
 * those of the AWS CloudFormation template reference. A type that is missing here is refused.
 */
export const RESOURCE_TYPES: Readonly<Record<string, (resource: Nameable) => Identity>> = {
  'AWS::S3::Bucket': bucket,
  'AWS::SQS::Queue': queue,
  'AWS::SNS::Topic': topic,
  'AWS::SNS::Subscription': unnamed,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::EventSourceMapping': unnamed,
  'AWS::IAM::Role': role,
  'AWS::IAM::Policy': unnamed,
  'AWS::SecretsManager::Secret': secret,
  'AWS::Events::Rule': rule,
  'AWS::Scheduler::Schedule': schedule,

  // Nothing of these runs on one machine: access is decided by the roles alone, and alarms are not watched.
  'AWS::S3::BucketPolicy': unnamed,
  'AWS::SQS::QueuePolicy': unnamed,
  'AWS::SNS::TopicPolicy': unnamed,
  'AWS::SecretsManager::ResourcePolicy': unnamed,
  'AWS::Lambda::Permission': unnamed,
  'AWS::Lambda::EventInvokeConfig': unnamed,
  'AWS::Scheduler::ScheduleGroup': unnamed,
  'AWS::Logs::LogGroup': logGroup,
  'AWS::Logs::MetricFilter': unnamed,
  'AWS::CloudWatch::Alarm': alarm,
  'AWS::CloudWatch::CompositeAlarm': alarm,
  'AWS::CloudWatch::Dashboard': unnamed,
  'AWS::CDK::Metadata': unnamed,
};

function nameOf(resource: Nameable, property: string, maxLength: number): string {
  return resource.given(property) ?? physicalName(resource.stackName, resource.logicalId, maxLength);
}

function unnamed({ stackName, logicalId }: Nameable): Identity {
  return { Ref: `${stackName}-${logicalId}` };
}

function bucket(resource: Nameable): Identity {
  const name = resource.given('BucketName') ?? bucketName(resource.stackName, resource.logicalId);
  const domain = `${name}.s3.amazonaws.com`;
  return { Ref: name, Arn: `arn:aws:s3:::${name}`, DomainName: domain, RegionalDomainName: domain };
}

function queue(resource: Nameable): Identity {
  const fifo = resource.given('QueueName') === undefined && resource.given('FifoQueue') === 'true' ? '.fifo' : '';
  const name = nameOf(resource, 'QueueName', 80 - fifo.length) + fifo;
  const url = `${resource.gateUrl}/${ACCOUNT_ID}/${name}`;
  return { Ref: url, QueueUrl: url, Arn: arn('sqs', name), QueueName: name };
}

function topic(resource: Nameable): Identity {
  const name = nameOf(resource, 'TopicName', 256);
  return { Ref: arn('sns', name), TopicArn: arn('sns', name), TopicName: name };
}

function lambdaFunction(resource: Nameable): Identity {
  const name = nameOf(resource, 'FunctionName', 64);
  return { Ref: name, Arn: arn('lambda', `function:${name}`) };
}

function role(resource: Nameable): Identity {
  const name = nameOf(resource, 'RoleName', 64);
  return { Ref: name, Arn: roleArn(name), RoleId: name };
}

function secret(resource: Nameable): Identity {
  const secretsArn = secretArn(nameOf(resource, 'Name', 512));
  return { Ref: secretsArn, Id: secretsArn };
}

function rule(resource: Nameable): Identity {
  const name = nameOf(resource, 'Name', 64);
  return { Ref: name, Arn: arn('events', `rule/${name}`) };
}

function schedule(resource: Nameable): Identity {
  const name = nameOf(resource, 'Name', 64);
  return { Ref: name, Arn: arn('scheduler', `schedule/${resource.given('GroupName') ?? 'default'}/${name}`) };
}

function logGroup(resource: Nameable): Identity {
  const name = nameOf(resource, 'LogGroupName', 512);
  return { Ref: name, Arn: `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:${name}:*` };
}

function alarm(resource: Nameable): Identity {
  const name = nameOf(resource, 'AlarmName', 255);
  return { Ref: name, Arn: arn('cloudwatch', `alarm:${name}`) };
}
