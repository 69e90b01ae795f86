import { expect, test } from '@jest/globals';
import { Key } from 'aws-cdk-lib/aws-kms';
import { deployed, propertiesOf } from './stack-under-test.ts';

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
