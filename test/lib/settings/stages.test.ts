import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { ImageDropProps } from '../../../lib/settings/props.ts';
import { packageVersion } from '../../../lib/version.ts';
import { deployed, propertiesOf, resourceOf } from '../stack-under-test.ts';

const DAY = 86_400;

const built = deployed();
const { functions, queues, statusBucket, workBucket, outcomeTopic } = built.drop;
const ref = (value: string) => built.stack.resolve(value);

describe.each([
  ['ingest', queues.ingest, 360],
  ['unpack', queues.unpack, 930],
  ['upload', queues.upload, 930],
  ['status', queues.status, 360],
])('the %s queue', (_name, { queue, deadLetters }, visibilitySeconds) => {
  test('keeps a message for a week and hides it while it is worked on', () => {
    expect(propertiesOf(built, queue)).toMatchObject({
      MessageRetentionPeriod: 7 * DAY,
      VisibilityTimeout: visibilitySeconds,
    });
  });

  test('gives up a message after 30 receipts and keeps it for 14 days', () => {
    expect(propertiesOf(built, queue).RedrivePolicy).toEqual({
      deadLetterTargetArn: built.stack.resolve(deadLetters.queueArn),
      maxReceiveCount: 30,
    });
    expect(propertiesOf(built, deadLetters).MessageRetentionPeriod).toBe(14 * DAY);
  });

  test.each([
    ['it', queue],
    ['its dead-letter queue', deadLetters],
  ])('%s is encrypted and answers over TLS only', (_which, secured) => {
    expect(propertiesOf(built, secured).SqsManagedSseEnabled).toBe(true);
    built.template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [built.stack.resolve(secured.queueUrl)],
      PolicyDocument: {
        Statement: expectTlsOnly(built.stack.resolve(secured.queueArn)),
      },
    });
  });
});

function expectTlsOnly(resource: unknown) {
  return Match.arrayWith([
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sqs:*',
      Resource: resource,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  ]);
}

test("the caller's settings of a stage reach its queue", () => {
  const own = deployed(() => ({
    recordStatus: { visibilityTimeout: Duration.minutes(5), maxReceiveCount: 50 },
  }));
  expect(propertiesOf(own, own.drop.queues.status.queue)).toMatchObject({
    VisibilityTimeout: 300,
    RedrivePolicy: { maxReceiveCount: 50 },
  });
});

const INGEST_QUEUE_URL = ref(queues.ingest.queue.queueUrl);
const DROP_BUCKET = ref(built.drop.dropBucket.bucketName);
const UNPACK_QUEUE_URL = ref(queues.unpack.queue.queueUrl);
const WORK_BUCKET = ref(workBucket.bucketName);
const UPLOAD_QUEUE_URL = ref(queues.upload.queue.queueUrl);
const STATUS_QUEUE_URL = ref(queues.status.queue.queueUrl);

describe.each([
  {
    name: 'create-metadata',
    stage: functions.createMetadata,
    sized: { MemorySize: 512, Timeout: 60 },
    fed: { queue: queues.ingest.queue, BatchSize: 5 },
    environment: { DROP_BUCKET, INGEST_QUEUE_URL, UNPACK_QUEUE_URL, UPLOAD_QUEUE_URL, STATUS_QUEUE_URL },
  },
  {
    name: 'unpack-image',
    stage: functions.unpackImage,
    sized: { MemorySize: 1769, Timeout: 900 },
    fed: { queue: queues.unpack.queue, BatchSize: 1 },
    // The largest image that a Glance takes.
    environment: {
      INGEST_QUEUE_URL,
      UNPACK_QUEUE_URL,
      STATUS_QUEUE_URL,
      WORK_BUCKET,
      MAX_UNPACKED_BYTES: String(2 ** 40),
    },
  },
  {
    name: 'stream-upload',
    stage: functions.streamUpload,
    sized: { MemorySize: 1769, Timeout: 900 },
    fed: { queue: queues.upload.queue, BatchSize: 1 },
    environment: { INGEST_QUEUE_URL, UPLOAD_QUEUE_URL, STATUS_QUEUE_URL },
  },
  {
    name: 'record-status',
    stage: functions.recordStatus,
    sized: { MemorySize: 256, Timeout: 60 },
    fed: { queue: queues.status.queue, BatchSize: 10 },
    environment: {
      INGEST_QUEUE_URL,
      STATUS_QUEUE_URL,
      WORK_BUCKET,
      OUTCOME_TOPIC_ARN: ref(outcomeTopic.topicArn),
      TAG_DROPS: 'true',
      MARK_SETTLED: 'false',
      IMAGEDROP_VERSION: packageVersion(),
    },
  },
])('the function $name', ({ name, stage, sized, fed, environment }) => {
  const properties = propertiesOf(built, stage.function);

  test('runs on Node 24 on arm64 with its memory and timeout', () => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      ...sized,
    });
  });

  test('may send messages that come round to it', () => {
    expect(properties.RecursiveLoop).toBe('Allow');
  });

  test('knows its targets, secret, buckets and queues', () => {
    const { TARGETS, ...others } = properties.Environment.Variables;
    expect(JSON.parse(TARGETS)).toMatchObject([{ name: 'mycloud', kind: 'glance' }]);
    expect(others).toEqual({
      ...environment,
      CLOUDS_YAML_SECRET: secretArn('imagedrop/clouds.yaml'),
      STATUS_BUCKET: ref(statusBucket.bucketName),
      NODE_OPTIONS: `--max-semi-space-size=1 --max-old-space-size=${Math.floor(0.75 * sized.MemorySize)}`,
      MALLOC_ARENA_MAX: '2',
      POWERTOOLS_SERVICE_NAME: name,
      POWERTOOLS_METRICS_NAMESPACE: 'ImageDrop',
      POWERTOOLS_LOG_LEVEL: 'INFO',
    });
  });

  test('takes its messages from its queue, a failed one on its own', () => {
    built.template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: ref(fed.queue.queueArn),
      FunctionName: ref(stage.function.functionName),
      BatchSize: fed.BatchSize,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 10 },
    });
  });

  test('logs to a group of its own, for a month and no longer than the stack', () => {
    expect(properties.LoggingConfig).toEqual({ LogGroup: ref(stage.logGroup.logGroupName) });
    const group = resourceOf(built, stage.logGroup);
    expect(group).toMatchObject({ Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Delete' });
  });
});

function secretArn(name: string) {
  const [partition, region, account] = ['Partition', 'Region', 'AccountId'].map((part) => ({ Ref: `AWS::${part}` }));
  return { 'Fn::Join': ['', ['arn:', partition, ':secretsmanager:', region, ':', account, `:secret:${name}`]] };
}

test("the caller's settings of a stage reach its function", () => {
  const own = deployed(() => ({
    maxConcurrentUploads: 4,
    logLevel: 'DEBUG',
    logRetention: RetentionDays.ONE_WEEK,
    streamUpload: { memorySize: 3008, timeout: Duration.minutes(5) },
  }));
  const { streamUpload } = own.drop.functions;
  expect(propertiesOf(own, streamUpload.function)).toMatchObject({
    MemorySize: 3008,
    Timeout: 300,
    Environment: { Variables: { POWERTOOLS_LOG_LEVEL: 'DEBUG' } },
  });
  expect(propertiesOf(own, streamUpload.logGroup).RetentionInDays).toBe(7);
  own.template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    EventSourceArn: own.stack.resolve(own.drop.queues.upload.queue.queueArn),
    ScalingConfig: { MaximumConcurrency: 4 },
  });
});

describe('the environment of the functions', () => {
  const many = (count: number) =>
    deployed(() => ({
      targets: Object.fromEntries(Array.from({ length: count }, (_, i) => [`cloud-${i}`, { kind: 'glance' } as const])),
    }));

  test('has room for eight targets, however long the names of a stack make its queues', () => {
    expect(() => many(8)).not.toThrow();
  });

  test('is warned of where its targets and the longest names may be more than AWS Lambda takes', () => {
    const { stack } = many(12);
    const warnings = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('takes 4096'));
    expect(warnings.length).toBeGreaterThan(0);
  });

  test('is refused where its targets are more than AWS Lambda takes, however short the names are', () => {
    expect(() => many(20)).toThrow(/up to \d+ bytes, and AWS Lambda takes 4096: move metadata to imagedrop.yaml/);
  });
});

describe('the concurrency of a stage', () => {
  const own = deployed(() => ({
    maxConcurrentUploads: 3,
    createMetadata: { maxConcurrency: 2 },
    streamUpload: { reservedConcurrency: 5 },
  }));
  const { createMetadata, streamUpload } = own.drop.functions;

  test('bounds its event source, and reserves nothing where nothing is asked for', () => {
    own.template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: own.stack.resolve(own.drop.queues.ingest.queue.queueArn),
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    expect(propertiesOf(own, createMetadata.function)).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('is reserved where it is asked for', () => {
    expect(propertiesOf(own, streamUpload.function).ReservedConcurrentExecutions).toBe(5);
  });

  test.each<[string, Partial<ImageDropProps>, string]>([
    ['fewer reserved than its event source starts', { recordStatus: { reservedConcurrency: 9 } }, 'from 10 to 1000'],
    ['a bound of one', { unpackImage: { maxConcurrency: 1 } }, 'unpackImage.maxConcurrency is 1: give a whole number'],
    ['two names for one bound', { streamUpload: { maxConcurrency: 2 } }, 'give maxConcurrentUploads instead'],
  ])('refuses %s', (_which, props, message) => {
    expect(() => deployed(() => props)).toThrow(message);
  });
});

const RAISED = {
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  EvaluationPeriods: 1,
  Period: 300,
  TreatMissingData: 'notBreaching',
};

describe.each([
  { name: 'create-metadata', queue: queues.ingest, stage: functions.createMetadata, ageSeconds: 3600 },
  { name: 'unpack-image', queue: queues.unpack, stage: functions.unpackImage, ageSeconds: 21_600 },
  { name: 'stream-upload', queue: queues.upload, stage: functions.streamUpload, ageSeconds: 21_600 },
  { name: 'record-status', queue: queues.status, stage: functions.recordStatus, ageSeconds: 3600 },
])('the alarms of $name', ({ name, queue, stage, ageSeconds }) => {
  test('a dead letter raises one, which ends when reconcile finds it settled', () => {
    built.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...RAISED,
      Namespace: 'ImageDrop',
      MetricName: 'DeadLettersOpen',
      Dimensions: [
        { Name: 'service', Value: 'imagedrop' },
        { Name: 'stage', Value: name },
      ],
      Period: 900,
      Statistic: 'Maximum',
      Threshold: 1,
      TreatMissingData: 'ignore',
    });
  });

  test('a message that waits for too long raises one', () => {
    built.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...RAISED,
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: ref(queue.queue.queueName) }],
      Statistic: 'Maximum',
      Threshold: ageSeconds,
    });
  });

  test('an error of the function raises one', () => {
    built.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...RAISED,
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: ref(stage.function.functionName) }],
      Statistic: 'Sum',
      Threshold: 1,
    });
  });
});

test('without a topic an alarm tells no one', () => {
  built.template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: Match.absent() });
});

test('every alarm is sent to the topic that is given', () => {
  const arn = 'arn:aws:sns:eu-west-1:111122223333:oncall';
  const { template } = deployed((stack) => ({ alarmTopic: Topic.fromTopicArn(stack, 'OnCall', arn) }));
  template.resourceCountIs('AWS::CloudWatch::Alarm', 21);
  template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [arn], OKActions: [arn] });
});

test('the age that raises the alarm is the caller’s', () => {
  const { template } = deployed(() => ({ streamUpload: { oldestMessageAge: Duration.hours(2) } }));
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'ApproximateAgeOfOldestMessage',
    Threshold: 7200,
  });
});
