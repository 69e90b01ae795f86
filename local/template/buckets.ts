import type { Properties } from './properties.ts';
import { TemplateError } from './properties.ts';
import type { StackTemplate } from './stack-template.ts';

export interface BucketPlan {
  readonly name: string;
  readonly versioned: boolean;
  readonly suspended?: boolean;
  readonly notifications: readonly NotificationPlan[];
  readonly cors: readonly CorsPlan[];
}

/** Which pages may send requests to the bucket (AWS CloudFormation, "AWS::S3::Bucket CorsRule"). */
export interface CorsPlan {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
}

export interface NotificationPlan {
  /** `s3:ObjectCreated:*` and the like. */
  readonly events: readonly string[];
  readonly queueArn: string;
  readonly prefix?: string;
  readonly suffix?: string;
}

export function readBuckets(template: StackTemplate): BucketPlan[] {
  return template.resources('AWS::S3::Bucket').map(({ identity, properties }) => {
    const notifications = properties.object('NotificationConfiguration');
    const versioning = properties.object('VersioningConfiguration').optionalString('Status');
    notifications.refuse('LambdaConfigurations', 'TopicConfigurations', 'EventBridgeConfiguration');
    return {
      name: String(identity.Ref),
      versioned: versioning !== undefined,
      ...(versioning === 'Suspended' && { suspended: true }),
      notifications: notifications.objects('QueueConfigurations').map(readNotification),
      cors: properties.object('CorsConfiguration').objects('CorsRules').map(readCorsRule),
    };
  });
}

function readCorsRule(rule: Properties): CorsPlan {
  const maxAgeSeconds = rule.optionalNumber('MaxAge');
  return {
    origins: rule.strings('AllowedOrigins'),
    methods: rule.strings('AllowedMethods'),
    headers: rule.strings('AllowedHeaders'),
    exposedHeaders: rule.strings('ExposedHeaders'),
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
  };
}

function readNotification(configuration: Properties): NotificationPlan {
  const rules = configuration.object('Filter').object('S3Key').objects('Rules');
  return {
    events: [configuration.string('Event')],
    queueArn: configuration.string('Queue'),
    ...Object.fromEntries(rules.map(readFilterRule)),
  };
}

function readFilterRule(rule: Properties): [string, string] {
  const name = rule.string('Name').toLowerCase();
  if (name !== 'prefix' && name !== 'suffix') throw new TemplateError(`${rule.where} is neither prefix nor suffix`);
  return [name, rule.string('Value')];
}
