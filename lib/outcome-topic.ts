import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { OutcomeEmails } from './settings/settle-outcome-emails.ts';

/** The topic that every settled record is published to. @param emails who is written to; undefined: nobody is */
export function newOutcomeTopic(scope: Construct, id: string, emails: OutcomeEmails | undefined): Topic {
  const topic = new Topic(scope, id, { enforceSSL: true });
  if (emails === undefined) return topic;
  // An attribute of each message, set by lambda/adapters/sns-topic.ts.
  const filterPolicy = { status: SubscriptionFilter.stringFilter({ allowlist: [...emails.statuses] }) };
  for (const address of emails.addresses) topic.addSubscription(new EmailSubscription(address, { filterPolicy }));
  return topic;
}
