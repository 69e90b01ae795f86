import { Metrics } from '@aws-lambda-powertools/metrics';
import { describe, expect, jest, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { pauseAfter } from '../../lambda/model/target-pause.ts';
import { functionMetrics } from '../../lambda/runtime/metrics.ts';
import { ImageDropStack } from '../../lib/image-drop-stack.ts';
import { appUnderTest, deployed } from './stack-under-test.ts';

/** The names and dimensions under which CloudWatch finds what a function writes. */
function written() {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const busy = new ImageDropError('endpoint-busy', 'Busy.');
  functionMetrics(new Metrics({ namespace: 'ImageDrop', serviceName: 'imagedrop' })).countPause(
    pauseAfter(undefined, { target: 'mycloud', stage: 'upload' }, busy, new Date(0)),
  );
  const [line] = write.mock.calls.map(([text]) => JSON.parse(String(text)));
  write.mockRestore();
  return line;
}

test('each target has one alarm, on what the functions count of its pauses', () => {
  const { _aws, service, target, TargetPaused } = written();
  const [metric] = _aws.CloudWatchMetrics;
  expect(TargetPaused).toBe(1);
  const { template } = deployed();
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'))
    .map(({ Properties }) => Properties)
    .filter(({ MetricName }) => MetricName === 'TargetPaused');
  expect(alarms).toEqual([
    expect.objectContaining({
      Namespace: metric.Namespace,
      MetricName: metric.Metrics[0].Name,
      Dimensions: [
        { Name: 'service', Value: service },
        { Name: 'target', Value: target },
      ],
      // Drops that wait come back within 15 minutes, and count each time.
      EvaluationPeriods: 4,
      DatapointsToAlarm: 2,
    }),
  ]);
  expect(metric.Dimensions).toEqual([['service', 'target']]);
});

const alarmsOf = ({ template }: ReturnType<typeof deployed>) =>
  Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);

test('alarms are sent to each address by a topic that admits CloudWatch', () => {
  const built = deployed(() => ({ alarmEmails: ['a@example.com', 'b@example.com'] }));
  const subscriptions = Object.values(built.template.findResources('AWS::SNS::Subscription'));
  expect(subscriptions.map(({ Properties }) => Properties.Endpoint)).toEqual(['a@example.com', 'b@example.com']);
  const topic = subscriptions[0]?.Properties.TopicArn;
  for (const { AlarmActions, OKActions } of alarmsOf(built))
    expect([AlarmActions, OKActions]).toEqual([[topic], [topic]]);
  const policies = Object.values(built.template.findResources('AWS::SNS::TopicPolicy'));
  const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  expect(statements).toContainEqual({
    Sid: expect.any(String),
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: 'sns:Publish',
    Resource: topic,
    Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
  });
});

test('a topic and addresses are both notified', () => {
  const built = deployed((stack) => ({ alarmTopic: new Topic(stack, 'OnCall'), alarmEmails: ['a@example.com'] }));
  for (const { AlarmActions } of alarmsOf(built)) expect(AlarmActions).toHaveLength(2);
});

test('an address that cannot be one is refused by name', () => {
  expect(() => deployed(() => ({ alarmEmails: ['oncall'] }))).toThrow(
    'alarmEmails is "oncall": give an e-mail address.',
  );
});

test.each([
  [{}, 'no one: set alarmEmails in cdk.json, then deploy again'],
  [{ alarmEmails: ['a@example.com', 'b@example.com'] }, 'a@example.com,b@example.com'],
])('a stack with %j says who hears of alarms: %s', (props, value) => {
  const stack = new ImageDropStack(appUnderTest(), 'ImageDrop', {
    targets: { mycloud: { kind: 'glance' } },
    cloudsYamlSecret: 'imagedrop/clouds.yaml',
    ...props,
  });
  Template.fromStack(stack).hasOutput('AlarmsTell', { Value: value });
});

describe('e-mails of outcomes', () => {
  test('go to each address, of failed drops only', () => {
    const { drop, stack, template } = deployed(() => ({
      outcomeEmails: { addresses: ['a@example.com', 'b@example.com'] },
    }));
    const subscriptions = Object.values(template.findResources('AWS::SNS::Subscription'));
    expect(subscriptions.map(({ Properties }) => Properties)).toEqual(
      ['a@example.com', 'b@example.com'].map((Endpoint) => ({
        Protocol: 'email',
        TopicArn: stack.resolve(drop.outcomeTopic.topicArn),
        Endpoint,
        FilterPolicy: { status: ['failed'] },
      })),
    );
  });

  test('tell the outcomes that are asked for', () => {
    const outcomeEmails = { addresses: ['a@example.com'], statuses: ['active', 'failed'] } as const;
    deployed(() => ({ outcomeEmails })).template.hasResourceProperties('AWS::SNS::Subscription', {
      FilterPolicy: { status: ['active', 'failed'] },
    });
  });

  test('go to no one unless somebody is named', () => {
    deployed().template.resourceCountIs('AWS::SNS::Subscription', 0);
  });

  test.each([
    [{ addresses: [] }, 'outcomeEmails.addresses is []'],
    [{ addresses: ['nobody'] }, 'outcomeEmails.addresses is "nobody": give an e-mail address.'],
    [{ addresses: ['a@example.com'], statuses: [] }, 'outcomeEmails.statuses is []'],
    [
      { addresses: ['a@example.com'], statuses: ['done' as 'failed'] },
      'outcomeEmails.statuses is "done": no drop ends so',
    ],
  ])('%j is refused', (outcomeEmails, message) => {
    expect(() => deployed(() => ({ outcomeEmails }))).toThrow(message);
  });
});
