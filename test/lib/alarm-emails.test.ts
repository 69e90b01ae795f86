import { expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ImageDropStack } from '../../lib/image-drop-stack.ts';
import { appUnderTest, deployed } from './stack-under-test.ts';

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

test('a second configuration of the drop bucket’s notifications is refused at synthesis', () => {
  const stack = new ImageDropStack(appUnderTest(), 'ImageDrop', {
    targets: { mycloud: { kind: 'glance' } },
    cloudsYamlSecret: 'imagedrop/clouds.yaml',
  });
  const { dropBucket, queues } = stack.imageDrop;
  dropBucket.addEventNotification(EventType.OBJECT_REMOVED, new SqsDestination(queues.status.queue));
  expect(() => Template.fromStack(stack)).toThrow('it would replace the one that starts each drop');
});
