import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { deployed, propertiesOf } from './stack-under-test.ts';

const built = deployed();
const { reconcile, dropBucket, queues } = built.drop;

describe('the function reconcile', () => {
  const properties = propertiesOf(built, reconcile.function);

  test('runs every quarter of an hour, by a role that may do nothing else', () => {
    const functionArn = built.stack.resolve(reconcile.function.functionArn);
    const schedules = Object.values(built.template.findResources('AWS::Scheduler::Schedule'));
    expect(schedules).toHaveLength(1);
    expect(schedules[0]?.Properties).toMatchObject({
      ScheduleExpression: 'rate(15 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: functionArn, Input: '{}', RetryPolicy: { MaximumRetryAttempts: 0 } },
    });
    built.template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
      Policies: [
        {
          PolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: functionArn }],
          },
        },
      ],
    });
  });

  test('knows both buckets, all queues and their dead letters', () => {
    const ref = (value: unknown) => built.stack.resolve(value);
    expect(properties.Environment.Variables).toMatchObject({
      DROP_BUCKET: ref(dropBucket.bucketName),
      INGEST_QUEUE_URL: ref(queues.ingest.queue.queueUrl),
      UPLOAD_DEAD_LETTERS_URL: ref(queues.upload.deadLetters.queueUrl),
      DROPS_BEFORE_FIRST_RUN: 'taken-up',
      LOST_AFTER_SECONDS: '1800',
      DELETE_ORPHANED_IMAGES: 'false',
      POWERTOOLS_SERVICE_NAME: 'reconcile',
    });
  });

  test('calls somebody when it has failed three times in a row', () => {
    built.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'Errors',
      EvaluationPeriods: 3,
      Period: 900,
      Dimensions: [{ Name: 'FunctionName', Value: built.stack.resolve(reconcile.function.functionName) }],
    });
  });
});

test('an alarm tells that items stay unread or uncorrected, and another that no run has ended', () => {
  const errors = { MetricName: 'ReconcileErrors', Namespace: 'ImageDrop', Period: 900, EvaluationPeriods: 3 };
  built.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    ...errors,
    Statistic: 'Sum',
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
  });
  built.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    ...errors,
    Statistic: 'SampleCount',
    ComparisonOperator: 'LessThanThreshold',
    Threshold: 1,
    TreatMissingData: 'breaching',
  });
});

test('an alarm tells of records without progress, until a pass finds none', () => {
  built.template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'ImageDrop',
    MetricName: 'RecordsWithoutProgress',
    Period: 900,
    EvaluationPeriods: 1,
    Threshold: 1,
    TreatMissingData: 'ignore',
  });
});

test('reconcile has the caller’s settings', () => {
  const own = deployed(() => ({
    reconcile: { every: Duration.minutes(1), lostAfter: Duration.minutes(2), deleteOrphanedImages: true },
  }));
  own.template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 minute)' });
  expect(propertiesOf(own, own.drop.reconcile.function).Environment.Variables).toMatchObject({
    LOST_AFTER_SECONDS: '120',
    DELETE_ORPHANED_IMAGES: 'true',
  });
});

test.each([
  ['reconcile.every', { every: Duration.seconds(90) }],
  ['reconcile.every', { every: Duration.days(2) }],
  ['reconcile.lostAfter', { lostAfter: Duration.seconds(1) }],
])('%s that cannot work is refused by name', (property, reconcileProps) => {
  expect(() => deployed(() => ({ reconcile: reconcileProps }))).toThrow(property);
});
