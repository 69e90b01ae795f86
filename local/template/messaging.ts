import type { Properties } from './properties.ts';
import type { StackTemplate } from './stack-template.ts';

export interface QueuePlan {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  /** As CreateQueue takes them: all text. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface TopicPlan {
  readonly name: string;
  readonly arn: string;
}

export interface SubscriptionPlan {
  readonly topicArn: string;
  readonly protocol: string;
  /** The ARN of the queue, or the address of a protocol that nothing answers here. */
  readonly endpoint: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const QUEUE_ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DelaySeconds',
  'FifoQueue',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'VisibilityTimeout',
] as const;

const SUBSCRIPTION_ATTRIBUTES = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery'] as const;

export function readQueues(template: StackTemplate): QueuePlan[] {
  return template.resources('AWS::SQS::Queue').map(({ identity, properties }) => ({
    name: String(identity.QueueName),
    arn: String(identity.Arn),
    url: String(identity.Ref),
    attributes: attributes(properties, QUEUE_ATTRIBUTES),
  }));
}

export function readTopics(template: StackTemplate): TopicPlan[] {
  return template
    .resources('AWS::SNS::Topic')
    .map(({ identity }) => ({ name: String(identity.TopicName), arn: String(identity.Ref) }));
}

/** Subscriptions of their own and those inside a topic. */
export function readSubscriptions(template: StackTemplate): SubscriptionPlan[] {
  const inside = template
    .resources('AWS::SNS::Topic')
    .flatMap(({ identity, properties }) =>
      properties.objects('Subscription').map((subscription) => readSubscription(String(identity.Ref), subscription)),
    );
  const separate = template
    .resources('AWS::SNS::Subscription')
    .map(({ properties }) => readSubscription(properties.string('TopicArn'), properties));
  return [...inside, ...separate];
}

function readSubscription(topicArn: string, properties: Properties): SubscriptionPlan {
  return {
    topicArn,
    protocol: properties.string('Protocol'),
    endpoint: properties.string('Endpoint'),
    attributes: attributes(properties, SUBSCRIPTION_ATTRIBUTES),
  };
}

function attributes(properties: Properties, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.filter((name) => properties.has(name)).map((name) => [name, attributeText(properties.raw(name))]),
  );
}

/** Attributes that are documents travel as JSON text. */
function attributeText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
