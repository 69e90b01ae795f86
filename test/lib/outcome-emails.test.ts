import { describe, expect, test } from '@jest/globals';
import { deployed } from './stack-under-test.ts';

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

test.each(['', 'AWS/Images', 'with space', 'x'.repeat(256)])('the namespace %j is refused', (metricsNamespace) => {
  expect(() => deployed(() => ({ metricsNamespace }))).toThrow('metricsNamespace is ');
});
