import { describe, expect, test } from '@jest/globals';
import { Duration, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ImageDropStack } from '../../lib/image-drop-stack.ts';
import * as published from '../../lib/index.ts';
import type { ExistingDropBucket } from '../../lib/settings/props.ts';
import { appUnderTest, type Deployed, deployed, propertiesOf, resourceOf } from './stack-under-test.ts';

const built = deployed();

describe.each([
  ['drop bucket', 'DropBucket', built.drop.dropBucket],
  ['status bucket', 'StatusBucket', built.drop.statusBucket],
])('the %s', (_name, id, bucket) => {
  const resource = resourceOf(built, bucket);

  test('keeps versions, is encrypted and closed to the public', () => {
    expect(resource.Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  test('outlives the stack, but not a first deployment that fails', () => {
    expect(resource).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  test('answers over TLS only', () => {
    const bucketRef = built.stack.resolve(bucket.bucketName);
    const policies = Object.values(
      built.template.findResources('AWS::S3::BucketPolicy', { Properties: { Bucket: bucketRef } }),
    );
    expect(policies).toHaveLength(1);
    expect(policies[0]?.Properties.PolicyDocument.Statement).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Action: 's3:*',
        Principal: { AWS: '*' },
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    ]);
  });

  test('is named by CloudFormation', () => {
    expect(resource.Properties).not.toHaveProperty('BucketName');
    expect(bucket.node.id).toBe(id);
  });
});

describe('the work bucket', () => {
  const { Properties: properties } = resourceOf(built, built.drop.workBucket);

  test('deletes unpacked disks after three days, and unfinished uploads after one', () => {
    expect(properties.LifecycleConfiguration.Rules).toEqual([
      { Status: 'Enabled', ExpirationInDays: 3, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ]);
  });

  test('keeps no versions, which would be billed after their deletion', () => {
    expect(properties).not.toHaveProperty('VersioningConfiguration');
  });

  test('is encrypted, closed to the public, and answers over TLS only', () => {
    expect(properties).toMatchObject({
      BucketEncryption: { ServerSideEncryptionConfiguration: [expect.anything()] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
    const Bucket = built.stack.resolve(built.drop.workBucket.bucketName);
    const policies = Object.values(built.template.findResources('AWS::S3::BucketPolicy', { Properties: { Bucket } }));
    expect(policies[0]?.Properties.PolicyDocument.Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    ]);
  });
});

describe('the life of objects', () => {
  test('an unfinished upload to the drop bucket is cleared after a week', () => {
    expect(resourceOf(built, built.drop.dropBucket).Properties.LifecycleConfiguration.Rules).toEqual([
      { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    ]);
  });

  test('a settled drop is deleted with its versions when the days have passed that are given, and no other', () => {
    const own = deployed(() => ({ expireSettledAfter: Duration.days(30) }));
    expect(resourceOf(own, own.drop.dropBucket).Properties.LifecycleConfiguration.Rules).toEqual([
      { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
      {
        Status: 'Enabled',
        TagFilters: [{ Key: 'imagedrop', Value: 'settled' }],
        ExpirationInDays: 30,
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
      },
      { Status: 'Enabled', ExpiredObjectDeleteMarker: true },
    ]);
    const { recordStatus } = own.drop.functions;
    expect(propertiesOf(own, recordStatus.function).Environment.Variables).toMatchObject({ MARK_SETTLED: 'true' });
  });

  test.each([
    ['part of a day', { expireSettledAfter: Duration.hours(36) }, 'expireSettledAfter is 1.5'],
    [
      'no tags to know settled drops by',
      { expireSettledAfter: Duration.days(1), tagDrops: false },
      'tagDrops is false',
    ],
  ])('%s is refused', (_what, props, message) => {
    expect(() => deployed(() => props)).toThrow(message);
  });

  test('a former version of a record is kept for 30 days', () => {
    expect(resourceOf(built, built.drop.statusBucket).Properties.LifecycleConfiguration.Rules).toEqual([
      { Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 30 } },
    ]);
  });
});

test('the drop bucket takes the name that is given', () => {
  const named = deployed(() => ({ dropBucketName: 'my-drops' }));
  expect(resourceOf(named, named.drop.dropBucket).Properties.BucketName).toBe('my-drops');
});

describe('the CORS rule of the drop bucket', () => {
  const rulesOf = (it: Deployed) => resourceOf(it, it.drop.dropBucket).Properties.CorsConfiguration?.CorsRules;

  test('lets pages of loopback put, and nothing else', () => {
    expect(rulesOf(built)).toEqual([
      { AllowedMethods: ['PUT'], AllowedOrigins: ['http://127.0.0.1:*', 'http://localhost:*'], MaxAge: 3600 },
    ]);
  });

  test('is left out where that is asked for', () => {
    expect(rulesOf(deployed(() => ({ loopbackUploads: false })))).toBeUndefined();
  });
});

/** What the ingest queue's policy says of S3. */
function admission({ stack, drop, template }: Deployed) {
  const queueRef = stack.resolve(drop.queues.ingest.queue.queueUrl);
  const policies = Object.values(
    template.findResources('AWS::SQS::QueuePolicy', { Properties: { Queues: [queueRef] } }),
  );
  expect(policies).toHaveLength(1);
  return policies[0]?.Properties.PolicyDocument.Statement.filter(
    (statement: { Effect: string }) => statement.Effect === 'Allow',
  );
}

const bucketsNamed = (name: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${name}`]] });

describe('the notifications of the drop bucket', () => {
  const bucket = resourceOf(built, built.drop.dropBucket);
  const queueArn = built.stack.resolve(built.drop.queues.ingest.queue.queueArn);

  test('every object that is new, or was restored, is announced to the ingest queue', () => {
    expect(bucket.Properties.NotificationConfiguration).toEqual({
      QueueConfigurations: [
        { Event: 's3:ObjectCreated:*', Queue: queueArn },
        { Event: 's3:ObjectRestore:Completed', Queue: queueArn },
      ],
    });
  });

  test('no function is deployed to configure them', () => {
    built.template.resourceCountIs('AWS::Lambda::Function', 5);
    const types = Object.values(built.template.toJSON().Resources).map(
      (resource) => (resource as { Type: string }).Type,
    );
    expect(types.filter((type) => type.startsWith('Custom::') || type.includes('CustomResource'))).toEqual([]);
  });

  test("the queue's policy is written before the bucket", () => {
    const policy = Object.keys(built.template.findResources('AWS::SQS::QueuePolicy')).find((id) =>
      id.startsWith('DropIngestQueuePolicy'),
    );
    expect(bucket.DependsOn).toContain(policy);
  });

  test('the queue admits S3 on behalf of this account only', () => {
    expect(admission(built)).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: {
          ArnLike: { 'aws:SourceArn': bucketsNamed('*') },
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        },
      },
    ]);
  });

  test('the queue admits only the bucket whose name is given', () => {
    const [statement] = admission(deployed(() => ({ dropBucketName: 'my-drops' })));
    expect(statement.Condition.ArnLike).toEqual({ 'aws:SourceArn': bucketsNamed('my-drops') });
  });
});

describe('a drop bucket that exists already', () => {
  const built = deployed((stack) => ({
    existingDropBucket: { bucket: Bucket.fromBucketName(stack, 'Existing', 'theirs'), versioned: true },
  }));

  test('has objects from before that are left alone', () => {
    expect(propertiesOf(built, built.drop.reconcile.function).Environment.Variables).toMatchObject({
      DROPS_BEFORE_FIRST_RUN: 'left-alone',
    });
  });

  test('is admitted to the ingest queue', () => {
    const [statement] = admission(built);
    expect(statement.Condition).toEqual({
      ArnLike: { 'aws:SourceArn': bucketsNamed('theirs') },
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    });
  });

  test('is the drop bucket, beside those for records and unpacked disks', () => {
    expect(built.drop.dropBucket.bucketName).toBe('theirs');
    built.template.resourceCountIs('AWS::S3::Bucket', 2);
    expect(propertiesOf(built, built.drop.statusBucket)).not.toHaveProperty('NotificationConfiguration');
  });
});

/** The construct with a bucket named theirs. */
const withExisting = (events: (stack: Stack) => Partial<ExistingDropBucket>) =>
  deployed((stack) => ({
    existingDropBucket: {
      bucket: Bucket.fromBucketName(stack, 'Existing', 'theirs'),
      versioned: true,
      ...events(stack),
    },
  }));

describe('events of an existing bucket by way of a topic', () => {
  const topicArn = 'arn:aws:sns:eu-west-1:123456789012:drops';
  const built = withExisting((stack) => ({ eventTopic: Topic.fromTopicArn(stack, 'Events', topicArn) }));
  const queueArn = built.stack.resolve(built.drop.queues.ingest.queue.queueArn);

  test('reach the ingest queue as they are', () => {
    built.template.hasResourceProperties('AWS::SNS::Subscription', {
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      RawMessageDelivery: true,
    });
  });

  test('are admitted from that topic, and from nowhere else', () => {
    expect(admission(built)).toEqual([
      expect.objectContaining({
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
      }),
    ]);
  });
});

describe('events of an existing bucket by way of EventBridge', () => {
  const built = withExisting(() => ({ eventBridge: true }));
  const queueArn = built.stack.resolve(built.drop.queues.ingest.queue.queueArn);

  test('reach the ingest queue by a rule for that bucket', () => {
    built.template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created', 'Object Restore Completed'],
        detail: { bucket: { name: ['theirs'] } },
      },
      Targets: [{ Arn: queueArn, Id: 'IngestQueue' }],
    });
  });

  test('are admitted from that rule, and from nowhere else', () => {
    const [rule = ''] = Object.keys(built.template.findResources('AWS::Events::Rule'));
    expect(admission(built)).toEqual([
      expect.objectContaining({
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [rule, 'Arn'] } } },
      }),
    ]);
  });

  test('are refused together with a topic: each object would come twice', () => {
    const both = () =>
      withExisting((stack) => ({
        eventBridge: true,
        eventTopic: Topic.fromTopicArn(stack, 'Events', 'arn:aws:sns:a:1:b'),
      }));
    expect(both).toThrow('existingDropBucket.eventBridge is true: eventTopic is given too');
  });
});

test('the outcome topic takes messages over TLS only', () => {
  const { drop, stack, template } = built;
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    Topics: [stack.resolve(drop.outcomeTopic.topicArn)],
    PolicyDocument: {
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: stack.resolve(drop.outcomeTopic.topicArn),
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  });
});

describe('the stack', () => {
  const stack = new ImageDropStack(appUnderTest(), 'ImageDrop', {
    targets: { mycloud: { kind: 'glance' } },
    cloudsYamlSecret: 'imagedrop/clouds.yaml',
  });
  const { Outputs, Parameters } = Template.fromStack(stack).toJSON();
  const { dropBucket, statusBucket, workBucket, outcomeTopic, queues, reconcile } = stack.imageDrop;

  test('says where to drop, where to look and where messages are', () => {
    const values = Object.fromEntries(
      Object.entries(Outputs).map(([name, output]) => [name, (output as { Value: unknown }).Value]),
    );
    expect(values).toEqual(
      stack.resolve({
        DropBucketName: dropBucket.bucketName,
        StatusBucketName: statusBucket.bucketName,
        WorkBucketName: workBucket.bucketName,
        OutcomeTopicArn: outcomeTopic.topicArn,
        IngestQueueUrl: queues.ingest.queue.queueUrl,
        UnpackQueueUrl: queues.unpack.queue.queueUrl,
        UploadQueueUrl: queues.upload.queue.queueUrl,
        StatusQueueUrl: queues.status.queue.queueUrl,
        IngestDeadLetterQueueUrl: queues.ingest.deadLetters.queueUrl,
        UnpackDeadLetterQueueUrl: queues.unpack.deadLetters.queueUrl,
        UploadDeadLetterQueueUrl: queues.upload.deadLetters.queueUrl,
        StatusDeadLetterQueueUrl: queues.status.deadLetters.queueUrl,
        ReconcileFunctionName: reconcile.function.functionName,
        DropBucketVersioned: 'true',
        KeyArns: 'none',
        AlarmsTell: 'no one: set alarmEmails in cdk.json, then deploy again',
        Targets: 'mycloud:glance',
        CloudsYamlSecretName: 'imagedrop/clouds.yaml',
      }),
    );
  });

  test('takes drops from an existing bucket that its settings name', () => {
    const theirs = new ImageDropStack(appUnderTest(), 'ImageDrop', {
      targets: { mycloud: { kind: 'glance' } },
      cloudsYamlSecret: 'imagedrop/clouds.yaml',
      dropBucketByName: { name: 'theirs', versioned: false, eventTopicArn: 'arn:aws:sns:eu-west-1:123456789012:drops' },
    });
    expect(theirs.imageDrop.dropBucket.bucketName).toBe('theirs');
    Template.fromStack(theirs).hasResourceProperties('AWS::SNS::Subscription', { RawMessageDelivery: true });
  });

  test('names the key that signs receipts where its settings do', () => {
    const arn = 'arn:aws:kms:eu-west-1:123456789012:key/k';
    const signing = new ImageDropStack(appUnderTest(), 'ImageDrop', {
      targets: { mycloud: { kind: 'glance' } },
      cloudsYamlSecret: 'imagedrop/clouds.yaml',
      receiptKeyByArn: { arn },
    });
    expect(Template.fromStack(signing).findOutputs('ReceiptKeyArn')).toMatchObject({ ReceiptKeyArn: { Value: arn } });
  });

  test('asks for nothing but the version of the bootstrap', () => {
    expect(Object.keys(Parameters)).toEqual(['BootstrapVersion']);
  });
});

test('a second configuration of the drop bucket’s notifications is refused at synthesis', () => {
  const stack = new ImageDropStack(appUnderTest(), 'ImageDrop', {
    targets: { mycloud: { kind: 'glance' } },
    cloudsYamlSecret: 'imagedrop/clouds.yaml',
  });
  const { dropBucket, queues } = stack.imageDrop;
  dropBucket.addEventNotification(EventType.OBJECT_REMOVED, new SqsDestination(queues.status.queue));
  expect(() => Template.fromStack(stack)).toThrow('it would replace the one that starts each drop');
});

test.each(['', 'AWS/Images', 'with space', 'x'.repeat(256)])('the namespace %j is refused', (metricsNamespace) => {
  expect(() => deployed(() => ({ metricsNamespace }))).toThrow('metricsNamespace is ');
});

test('the package gives the construct, its stack and the error of a setting, and nothing else that runs', () => {
  expect(Object.keys(published).sort()).toEqual(['ImageDrop', 'ImageDropStack', 'SettingError']);
});
