import { Duration } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import type { DropBucketByName, ReceiptKeyByArn } from '../image-drop-stack.ts';
import { objectOf, plainObject, SettingError } from './checks.ts';
import type { OutcomeEmailsProps } from './outcome-emails-props.ts';
import type { ReconcileProps } from './reconcile-props.ts';
import type { TargetProps } from './target-props.ts';

/** What the CDK app takes from its context: cdk.json, or `-c name=value` on the command line. */
export interface ContextSettings {
  readonly stackName: string;
  readonly targets: Readonly<Record<string, TargetProps>>;
  readonly cloudsYamlSecret: string;
  readonly dropBucketByName?: DropBucketByName;
  readonly receiptKeyByArn?: ReceiptKeyByArn;
  readonly tagDrops?: boolean;
  readonly reconcile?: ReconcileProps;
  readonly outcomeEmails?: OutcomeEmailsProps;
  readonly alarmEmails?: readonly string[];
}

/** AWS CloudFormation, "CreateStack": StackName. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;
/** AWS Secrets Manager, "CreateSecret": Name. */
const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/** @throws SettingError naming the context value that cannot work */
export function contextSettings(node: Node): ContextSettings {
  return {
    stackName: textOf(node, 'stackName', 'ImageDrop', STACK_NAME, 'the name of a stack: letters, digits and "-"'),
    targets: targetsOf(node),
    ...existingDropBucketOf(node),
    ...receiptKeyOf(node),
    ...tagDropsOf(node),
    ...reconcileOf(node),
    ...outcomeEmailsOf(node),
    ...alarmEmailsOf(node),
    cloudsYamlSecret: textOf(
      node,
      'cloudsYamlSecret',
      'imagedrop/clouds.yaml',
      SECRET_NAME,
      'the name of a secret in AWS Secrets Manager, not its ARN',
    ),
  };
}

function textOf(node: Node, name: string, byDefault: string, form: RegExp, wanted: string): string {
  return matching(name, node.tryGetContext(name) ?? byDefault, form, wanted);
}

function matching(name: string, value: unknown, form: RegExp, wanted: string): string {
  if (typeof value === 'string' && form.test(value)) return value;
  throw new SettingError(name, value, `give ${wanted}.`);
}

const EXAMPLE = `-c targets='{"mycloud":{"kind":"glance"}}'`;

/** Whether each target is one, the construct finds out. */
function targetsOf(node: Node): Readonly<Record<string, TargetProps>> {
  const value: unknown = node.tryGetContext('targets');
  if (value === undefined) throw new SettingError('targets', value, `name your clouds in cdk.json, or ${EXAMPLE}.`);
  return plainObject(
    'targets',
    typeof value === 'string' ? parsed('targets', value, `write ${EXAMPLE}`) : value,
  ) as Record<string, TargetProps>;
}

/** Of a topic in any partition, region and account. */
const TOPIC_ARN = /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]{1,256}$/;
/** Amazon S3 user guide, "General purpose bucket naming rules". */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** `existingDropBucket`: `{"name":"theirs","versioned":true}`, and `eventTopicArn` or `"eventBridge":true`. */
function existingDropBucketOf(node: Node): { readonly dropBucketByName?: DropBucketByName } {
  const value: unknown = node.tryGetContext('existingDropBucket');
  if (value === undefined) return {};
  const read = typeof value === 'string' ? parsed('existingDropBucket', value) : value;
  const given = objectOf('existingDropBucket', read, ['name', 'versioned', 'eventTopicArn', 'eventBridge']);
  const { name, versioned, eventTopicArn, eventBridge } = given;
  const dropBucketByName = {
    name: matching('existingDropBucket.name', name, BUCKET_NAME, 'the name of a bucket'),
    versioned: booleanOf('existingDropBucket.versioned', versioned),
    ...(eventTopicArn !== undefined && {
      eventTopicArn: matching('existingDropBucket.eventTopicArn', eventTopicArn, TOPIC_ARN, 'the ARN of a topic'),
    }),
    ...(eventBridge !== undefined && { eventBridge: booleanOf('existingDropBucket.eventBridge', eventBridge) }),
  };
  return { dropBucketByName };
}

/** Of one key in any partition, region and account; not of an alias. */
const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

/** `receiptKey`: `{"arn":"arn:aws:kms:…:key/…"}`, and `algorithm`. Whether that is one, the construct finds out. */
function receiptKeyOf(node: Node): { readonly receiptKeyByArn?: ReceiptKeyByArn } {
  const value: unknown = node.tryGetContext('receiptKey');
  if (value === undefined) return {};
  const read = typeof value === 'string' ? parsed('receiptKey', value) : value;
  const { arn, ...rest } = objectOf('receiptKey', read, ['arn', 'algorithm']);
  return { receiptKeyByArn: { arn: matching('receiptKey.arn', arn, KEY_ARN, 'the ARN of a key of AWS KMS'), ...rest } };
}

/** `tagDrops`: true or false. */
function tagDropsOf(node: Node): { readonly tagDrops?: boolean } {
  const value: unknown = node.tryGetContext('tagDrops');
  return value === undefined ? {} : { tagDrops: booleanOf('tagDrops', value) };
}

/** `reconcile`: `{"everyMinutes":15,"lostAfterSeconds":1800,"deleteOrphanedImages":false}`, each with its default. */
function reconcileOf(node: Node): { readonly reconcile?: ReconcileProps } {
  const value: unknown = node.tryGetContext('reconcile');
  if (value === undefined) return {};
  const known = ['everyMinutes', 'lostAfterSeconds', 'deleteOrphanedImages'];
  const given = objectOf('reconcile', typeof value === 'string' ? parsed('reconcile', value) : value, known);
  const { everyMinutes, lostAfterSeconds, deleteOrphanedImages = false } = given;
  const reconcile = {
    deleteOrphanedImages: booleanOf('reconcile.deleteOrphanedImages', deleteOrphanedImages),
    ...(everyMinutes !== undefined && { every: Duration.minutes(numberOf('everyMinutes', everyMinutes)) }),
    ...(lostAfterSeconds !== undefined && {
      lostAfter: Duration.seconds(numberOf('lostAfterSeconds', lostAfterSeconds)),
    }),
  };
  return { reconcile };
}

/** `outcomeEmails`: `{"addresses":["a@example.com"],"statuses":["failed"]}`. Whether each is one, the construct finds out. */
function outcomeEmailsOf(node: Node): { readonly outcomeEmails?: OutcomeEmailsProps } {
  const value: unknown = node.tryGetContext('outcomeEmails');
  if (value === undefined) return {};
  const given = typeof value === 'string' ? parsed('outcomeEmails', value) : value;
  const { addresses, statuses } = objectOf('outcomeEmails', given, ['addresses', 'statuses']);
  for (const [name, list] of Object.entries({ addresses, ...(statuses !== undefined && { statuses }) })) {
    listOfTexts(`outcomeEmails.${name}`, list);
  }
  const outcomeEmails = { addresses, ...(statuses !== undefined && { statuses }) } as OutcomeEmailsProps;
  return { outcomeEmails };
}

/** `alarmEmails`: `["oncall@example.com"]`. */
function alarmEmailsOf(node: Node): { readonly alarmEmails?: readonly string[] } {
  const value: unknown = node.tryGetContext('alarmEmails');
  if (value === undefined) return {};
  return { alarmEmails: listOfTexts('alarmEmails', typeof value === 'string' ? parsed('alarmEmails', value) : value) };
}

function listOfTexts(name: string, list: unknown): readonly string[] {
  if (Array.isArray(list) && list.every((each) => typeof each === 'string')) return list;
  throw new SettingError(name, list, 'give a list of texts.');
}

/** The command line gives it as text. */
function booleanOf(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new SettingError(name, value, 'give true or false.');
}

function numberOf(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw new SettingError(`reconcile.${name}`, value, 'give a number.');
}

/** The command line gives every context value as text. */
function parsed(name: string, text: string, advice = 'write JSON'): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SettingError(name, text, `this is not JSON (${String(error)}); ${advice}.`);
  }
}
