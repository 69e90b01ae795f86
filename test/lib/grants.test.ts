import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { LeanFunction } from '../../lib/lean-function.ts';
import { type Deployed, deployed, propertiesOf } from './stack-under-test.ts';

const RECEIPT_KEY = 'arn:aws:kms:eu-west-1:123456789012:key/receipts';

type Grants = Record<string, string[]>;

/** Every action of a role with the resources it is allowed on, references written as <Name>. */
function grantsOf({ stack, drop, template }: Deployed, { role }: LeanFunction): Grants {
  const names = new Map<unknown, string>();
  const named: [string, string][] = [
    ['<drops>', drop.dropBucket.bucketArn],
    ['<status>', drop.statusBucket.bucketArn],
    ['<work>', drop.workBucket.bucketArn],
    ['<ingest queue>', drop.queues.ingest.queue.queueArn],
    ['<unpack queue>', drop.queues.unpack.queue.queueArn],
    ['<upload queue>', drop.queues.upload.queue.queueArn],
    ['<status queue>', drop.queues.status.queue.queueArn],
    ['<topic>', drop.outcomeTopic.topicArn],
    ...Object.entries(drop.queues).map(([name, { deadLetters }]): [string, string] => [
      `<dead letters of ${name}>`,
      deadLetters.queueArn,
    ]),
    ...[...Object.values(drop.functions), drop.reconcile].map(({ node, logGroup }): [string, string] => [
      `<log of ${node.id}>`,
      logGroup.logGroupArn,
    ]),
  ];
  for (const [name, arn] of named) names.set(JSON.stringify(stack.resolve(arn)), name);
  const written = (resource: unknown): string => {
    const name = names.get(JSON.stringify(resource));
    if (name !== undefined) return name;
    if (typeof resource === 'string') return resource;
    const { Ref, 'Fn::Join': join } = resource as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
    return join === undefined ? `<${Ref ?? JSON.stringify(resource)}>` : join[1].map(written).join('');
  };
  const grants: Grants = {};
  const { Policies, ManagedPolicyArns } = propertiesOf({ stack, drop, template }, role);
  expect(ManagedPolicyArns).toBeUndefined();
  expect(Policies).toHaveLength(1);
  for (const { Effect, Action, Resource } of Policies[0].PolicyDocument.Statement) {
    expect(Effect).toBe('Allow');
    for (const action of [Action].flat()) {
      grants[action] = [...(grants[action] ?? []), ...[Resource].flat().map(written)].sort();
    }
  }
  return grants;
}

const SECRET = 'arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:imagedrop/clouds.yaml-??????';

const receivingFrom = (queue: string): Grants => ({
  'sqs:ReceiveMessage': [queue],
  'sqs:DeleteMessage': [queue],
  'sqs:GetQueueAttributes': [queue],
  'sqs:ChangeMessageVisibility': [queue],
});

const loggingTo = (group: string): Grants => ({ 'logs:CreateLogStream': [group], 'logs:PutLogEvents': [group] });

describe('the roles', () => {
  const built = deployed();
  const { createMetadata, unpackImage, streamUpload, recordStatus } = built.drop.functions;
  const { reconcile } = built.drop;

  test('create-metadata may do this and nothing else', () => {
    expect(grantsOf(built, createMetadata)).toEqual({
      ...loggingTo('<log of CreateMetadata>'),
      ...receivingFrom('<ingest queue>'),
      's3:GetObject': ['<drops>/*', '<status>/*', '<work>/*'],
      's3:GetObjectVersion': ['<drops>/*'],
      's3:ListBucket': ['<drops>', '<status>', '<work>'],
      's3:ListBucketVersions': ['<drops>'],
      's3:PutObject': ['<status>/*'],
      'sqs:SendMessage': ['<ingest queue>', '<status queue>', '<unpack queue>', '<upload queue>'],
      'secretsmanager:GetSecretValue': [SECRET],
    });
  });

  test('unpack-image may do this and nothing else', () => {
    expect(grantsOf(built, unpackImage)).toEqual({
      ...loggingTo('<log of UnpackImage>'),
      ...receivingFrom('<unpack queue>'),
      's3:GetObject': ['<drops>/*', '<status>/*', '<work>/*'],
      's3:GetObjectVersion': ['<drops>/*'],
      's3:ListBucket': ['<drops>', '<status>', '<work>'],
      's3:ListBucketVersions': ['<drops>'],
      's3:PutObject': ['<status>/*', '<work>/*'],
      's3:DeleteObject': ['<work>/*'],
      's3:AbortMultipartUpload': ['<work>/*'],
      's3:ListMultipartUploadParts': ['<work>/*'],
      's3:ListBucketMultipartUploads': ['<work>'],
      'sqs:SendMessage': ['<ingest queue>', '<status queue>', '<unpack queue>'],
      'secretsmanager:GetSecretValue': [SECRET],
    });
  });

  test('stream-upload may do this and nothing else', () => {
    expect(grantsOf(built, streamUpload)).toEqual({
      ...loggingTo('<log of StreamUpload>'),
      ...receivingFrom('<upload queue>'),
      's3:GetObject': ['<drops>/*', '<status>/*', '<work>/*'],
      's3:GetObjectVersion': ['<drops>/*'],
      's3:ListBucket': ['<drops>', '<status>', '<work>'],
      's3:ListBucketVersions': ['<drops>'],
      's3:PutObject': ['<status>/*'],
      'sqs:SendMessage': ['<ingest queue>', '<status queue>', '<upload queue>'],
      'secretsmanager:GetSecretValue': [SECRET],
    });
  });

  test('record-status may do this and nothing else', () => {
    expect(grantsOf(built, recordStatus)).toEqual({
      ...loggingTo('<log of RecordStatus>'),
      ...receivingFrom('<status queue>'),
      's3:GetObject': ['<status>/*'],
      's3:GetObjectTagging': ['<drops>/*'],
      's3:GetObjectVersionTagging': ['<drops>/*'],
      's3:PutObjectTagging': ['<drops>/*'],
      's3:PutObjectVersionTagging': ['<drops>/*'],
      's3:ListBucketVersions': ['<drops>'],
      's3:ListBucket': ['<drops>', '<status>'],
      's3:PutObject': ['<status>/*'],
      's3:DeleteObject': ['<work>/*'],
      's3:AbortMultipartUpload': ['<work>/*'],
      's3:ListBucketMultipartUploads': ['<work>'],
      'sqs:SendMessage': ['<ingest queue>', '<status queue>'],
      'sns:Publish': ['<topic>'],
      'secretsmanager:GetSecretValue': [SECRET],
    });
  });

  test('record-status may ask what a key holds where a service may read it in place', () => {
    const staging = { bucket: 'drops', endpoint: 'https://obs.here.example' };
    const inPlace = deployed(() => ({ targets: { otc: { kind: 'ims', staging } } }));
    const grants = grantsOf(inPlace, inPlace.drop.functions.recordStatus);
    expect(grants['s3:GetObject']).toEqual(['<drops>/*', '<status>/*']);
    expect(grants['s3:GetObjectVersion']).toBeUndefined();
  });

  test('record-status may not tag where tags are turned off', () => {
    const untagged = deployed(() => ({ tagDrops: false }));
    const actions = Object.keys(grantsOf(untagged, untagged.drop.functions.recordStatus));
    expect(actions.filter((action) => action.endsWith('Tagging'))).toEqual([]);
    expect(propertiesOf(untagged, untagged.drop.functions.recordStatus.function).Environment.Variables).toMatchObject({
      TAG_DROPS: 'false',
    });
  });

  test('record-status may sign with the key of receipts, and do nothing else with it', () => {
    const signing = deployed((stack) => ({ receiptKey: { key: Key.fromKeyArn(stack, 'Receipts', RECEIPT_KEY) } }));
    const { recordStatus: ours, ...others } = signing.drop.functions;
    const { 'kms:Sign': sign, ...rest } = grantsOf(signing, ours);
    expect(sign).toEqual([RECEIPT_KEY]);
    expect(rest).toEqual(grantsOf(built, recordStatus));
    expect(propertiesOf(signing, ours.function).Environment.Variables).toMatchObject({
      RECEIPT_KEY_ARN: RECEIPT_KEY,
      RECEIPT_ALGORITHM: 'ECDSA_SHA_256',
    });
    for (const each of [...Object.values(others), signing.drop.reconcile]) {
      expect(grantsOf(signing, each)).not.toHaveProperty('kms:Sign');
    }
  });

  test('reconcile may do this and nothing else', () => {
    const queues = ['<ingest queue>', '<status queue>', '<unpack queue>', '<upload queue>'];
    expect(grantsOf(built, reconcile)).toEqual({
      ...loggingTo('<log of Reconcile>'),
      // Objects from before versioning was enabled have no version that could be asked for.
      's3:GetObject': ['<drops>/*', '<status>/*'],
      's3:GetObjectVersion': ['<drops>/*'],
      's3:ListBucket': ['<drops>', '<status>'],
      's3:ListBucketVersions': ['<drops>'],
      's3:PutObject': ['<status>/*'],
      'sqs:SendMessage': ['<ingest queue>', '<status queue>'],
      'sqs:GetQueueAttributes': queues,
      'sqs:ReceiveMessage': [
        '<dead letters of ingest>',
        '<dead letters of status>',
        '<dead letters of unpack>',
        '<dead letters of upload>',
      ],
      'secretsmanager:GetSecretValue': [SECRET],
    });
  });

  test('only AWS Lambda may take them on', () => {
    for (const { role } of [createMetadata, unpackImage, streamUpload, recordStatus, reconcile]) {
      expect(propertiesOf(built, role).AssumeRolePolicyDocument.Statement).toEqual([
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
      ]);
    }
  });

  test('there are no other policies and no other roles', () => {
    built.template.resourceCountIs('AWS::IAM::Role', 6);
    built.template.resourceCountIs('AWS::IAM::Policy', 0);
    built.template.resourceCountIs('AWS::IAM::ManagedPolicy', 0);
  });
});

describe('the roles for a drop bucket without versions', () => {
  const THEIRS = 'arn:<AWS::Partition>:s3:::theirs/*';
  const built = deployed((stack) => ({
    existingDropBucket: { bucket: Bucket.fromBucketName(stack, 'Theirs', 'theirs'), versioned: false },
  }));

  test('objects are read without their versions', () => {
    const grants = grantsOf(built, built.drop.functions.streamUpload);
    expect(grants['s3:GetObject']).toEqual(['<status>/*', '<work>/*', THEIRS]);
    expect(grants).not.toHaveProperty('s3:GetObjectVersion');
  });

  test('distinguish the owner of the bucket from that of an object', () => {
    for (const stage of [built.drop.functions.createMetadata, built.drop.functions.streamUpload]) {
      expect(grantsOf(built, stage)['s3:GetBucketAcl']).toEqual(['<drops>']);
    }
  });

  test('objects are tagged without their versions', () => {
    const grants = grantsOf(built, built.drop.functions.recordStatus);
    expect(grants).toMatchObject({ 's3:GetObjectTagging': [THEIRS], 's3:PutObjectTagging': [THEIRS] });
    expect(grants).not.toHaveProperty('s3:PutObjectVersionTagging');
  });
});

describe("the roles for what is encrypted with the user's own keys", () => {
  const bucketKey = 'arn:aws:kms:eu-west-1:111122223333:key/bucket';
  const secretKey = 'arn:aws:kms:eu-west-1:111122223333:key/secret';
  const secretCompleteArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:clouds-AbCdEf';
  const built = deployed((stack) => ({
    existingDropBucket: {
      bucket: Bucket.fromBucketAttributes(stack, 'Theirs', {
        bucketName: 'theirs',
        encryptionKey: Key.fromKeyArn(stack, 'BucketKey', bucketKey),
      }),
      versioned: true,
    },
    cloudsYaml: Secret.fromSecretAttributes(stack, 'Clouds', {
      secretCompleteArn,
      encryptionKey: Key.fromKeyArn(stack, 'SecretKey', secretKey),
    }),
  }));
  const { createMetadata, recordStatus } = built.drop.functions;

  test('each key opens only what comes from its service', () => {
    const { Statement } = propertiesOf(built, createMetadata.role).Policies[0].PolicyDocument;
    const via = (service: string) => ({
      StringEquals: {
        'kms:ViaService': ['.amazonaws.com', '.amazonaws.com.cn'].map((suffix) => ({
          'Fn::Join': ['', [`${service}.`, { Ref: 'AWS::Region' }, suffix]],
        })),
      },
    });
    expect(Statement.filter(({ Action }: { Action: unknown }) => Action === 'kms:Decrypt')).toEqual([
      { Effect: 'Allow', Action: 'kms:Decrypt', Resource: bucketKey, Condition: via('s3') },
      { Effect: 'Allow', Action: 'kms:Decrypt', Resource: secretKey, Condition: via('secretsmanager') },
    ]);
  });

  test('who does not read drops has no use for their key', () => {
    expect(grantsOf(built, recordStatus)['kms:Decrypt']).toEqual([secretKey]);
  });

  test('a secret whose whole ARN is known is named by it', () => {
    expect(grantsOf(built, recordStatus)['secretsmanager:GetSecretValue']).toEqual([secretCompleteArn]);
  });
});

const findings = (stack: Stack) =>
  new AwsSolutionsChecks(stack).validateScope(stack).violations.map(({ ruleName }) => ruleName);

describe('cdk-nag', () => {
  test('finds nothing that is not acknowledged', () => {
    expect(findings(deployed().stack)).toEqual([]);
  });

  test('finds nothing with a drop bucket that exists already', () => {
    const { stack } = deployed((scope) => ({
      existingDropBucket: { bucket: Bucket.fromBucketName(scope, 'Theirs', 'theirs'), versioned: true },
    }));
    expect(findings(stack)).toEqual([]);
  });

  test('finds nothing in a VPC, with a key and with e-mails', () => {
    const { stack } = deployed((scope) => ({
      vpc: Vpc.fromVpcAttributes(scope, 'Vpc', {
        vpcId: 'vpc-1',
        availabilityZones: ['a', 'b'],
        privateSubnetIds: ['subnet-1', 'subnet-2'],
        privateSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
      }),
      encryptionKey: Key.fromKeyArn(scope, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/bucket'),
      outcomeEmails: { addresses: ['operators@example.com'] },
    }));
    expect(findings(stack)).toEqual([]);
  });

  test('still finds a wildcard of any other kind', () => {
    const { stack, drop } = deployed();
    drop.functions.createMetadata.role.addToPolicy(
      new PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] }),
    );
    expect(findings(stack)).toEqual(['AwsSolutions-IAM5[Resource::*]']);
  });
});
