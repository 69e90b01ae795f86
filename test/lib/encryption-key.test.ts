import { describe, expect, test } from '@jest/globals';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ImageDropStack, type ImageDropStackProps } from '../../lib/image-drop-stack.ts';
import type { LeanFunction } from '../../lib/lean-function.ts';
import { appUnderTest, deployed, propertiesOf } from './stack-under-test.ts';

const ARN = 'arn:aws:kms:eu-west-1:123456789012:key/k';
const built = deployed((stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', ARN) }));
const { drop } = built;

test.each([
  ['drop bucket', drop.dropBucket],
  ['status bucket', drop.statusBucket],
])('the %s is encrypted with the key that is given', (_name, bucket) => {
  expect(propertiesOf(built, bucket).BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
    { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: ARN } },
  ]);
});

test.each([
  ['create-metadata', drop.functions.createMetadata],
  ['stream-upload', drop.functions.streamUpload],
  ['record-status', drop.functions.recordStatus],
  ['reconcile', drop.reconcile],
])('%s may read and write records with it, by way of S3 alone', (_name, { role }) => {
  const statements: { Action: unknown; Resource: unknown; Condition: object }[] = propertiesOf(built, role).Policies[0]
    .PolicyDocument.Statement;
  const ours = statements.filter(({ Resource }) => Resource === ARN);
  expect(ours.flatMap(({ Action }) => Action)).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey']));
  for (const { Condition } of ours) {
    expect(Object.keys(Condition)).toEqual(['StringEquals']);
    expect(JSON.stringify(Condition)).toMatch(/kms:ViaService.*s3\./);
  }
});

const TARGETS = { mycloud: { kind: 'glance' } } as const;
const keyNamed = (name: string) => `arn:aws:kms:eu-west-1:123456789012:key/${name}`;

function stackWith(props: Partial<ImageDropStackProps>) {
  const stack = new ImageDropStack(appUnderTest(), 'Mine', {
    targets: TARGETS,
    cloudsYamlSecret: 'imagedrop/clouds.yaml',
    ...props,
  });
  return { stack, drop: stack.imageDrop, template: Template.fromStack(stack) };
}

/** What a role may do with a key. */
function rightsOn(key: string, { role }: LeanFunction, of: ReturnType<typeof stackWith>): string[] {
  const statements: { Action: string | string[]; Resource: unknown; Condition?: object }[] = propertiesOf(of, role)
    .Policies[0].PolicyDocument.Statement;
  return statements
    .filter(({ Resource }) => [Resource].flat().includes(key))
    .flatMap(({ Action, Condition }) =>
      [Action].flat().map((action) => `${action} ${/"([a-z0-9]+)\./.exec(JSON.stringify(Condition))?.[1]}`),
    );
}

describe('keys of the user, named by their ARNs', () => {
  const own = stackWith({
    encryptionKeyArn: keyNamed('buckets'),
    cloudsYamlKeyArn: keyNamed('secret'),
    dropBucketByName: { name: 'theirs', versioned: true, keyArn: keyNamed('theirs') },
  });
  const { createMetadata, unpackImage, streamUpload, recordStatus } = own.drop.functions;

  test.each([
    ['create-metadata', createMetadata],
    ['unpack-image', unpackImage],
    ['stream-upload', streamUpload],
    ['reconcile', own.drop.reconcile],
  ])('%s may decrypt drops with the key of their bucket, by way of S3 alone', (_name, fn) => {
    expect(rightsOn(keyNamed('theirs'), fn, own)).toEqual(['kms:Decrypt s3']);
  });

  test('record-status, which reads no drop, may not', () => {
    expect(rightsOn(keyNamed('theirs'), recordStatus, own)).toEqual([]);
  });

  test('every function may decrypt the secret, by way of Secrets Manager alone', () => {
    for (const fn of [...Object.values(own.drop.functions), own.drop.reconcile]) {
      expect(rightsOn(keyNamed('secret'), fn, own)).toEqual(['kms:Decrypt secretsmanager']);
    }
  });

  test('are in an output, for doctor', () => {
    const names = ['theirs', 'secret', 'buckets'].map(keyNamed);
    own.template.hasOutput('KeyArns', { Value: names.join(',') });
  });

  test('no key is in the output of a stack without one', () => {
    stackWith({}).template.hasOutput('KeyArns', { Value: 'none' });
  });
});

describe('an existing bucket', () => {
  const WARNING = Match.stringLikeRegexp('named without a key');

  test('that is known by its name only is warned of, for it may have a key', () => {
    const { stack } = stackWith({ dropBucketByName: { name: 'theirs', versioned: true } });
    Annotations.fromStack(stack).hasWarning('*', WARNING);
  });

  test.each([
    ['whose key is named', { dropBucketByName: { name: 'theirs', versioned: true, keyArn: ARN } }],
    ['of the stack itself', {}],
  ])('%s is not', (_which, props) => {
    Annotations.fromStack(stackWith(props).stack).hasNoWarning('*', WARNING);
  });

  test('that a construct made brings its key along', () => {
    const made = deployed((stack) => ({
      existingDropBucket: {
        bucket: new Bucket(stack, 'Theirs', { encryptionKey: new Key(stack, 'Key') }),
        versioned: false,
      },
    }));
    Annotations.fromStack(made.stack).hasNoWarning('*', WARNING);
    expect(JSON.stringify(propertiesOf(made, made.drop.functions.streamUpload.role))).toContain('kms:Decrypt');
  });
});

describe('an alarm topic with a key', () => {
  test('gets the right for CloudWatch where the key is of the app', () => {
    const { template } = deployed((stack) => ({
      alarmTopic: new Topic(stack, 'Alarms', { masterKey: new Key(stack, 'Key') }),
    }));
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          }),
        ]),
      },
    });
  });

  test('is warned of where the key is not, for its policy has to allow it', () => {
    const { stack } = stackWith({ alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:alarms', alarmTopicKeyArn: ARN });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('cloudwatch.amazonaws.com'));
  });
});
