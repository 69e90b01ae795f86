import { Duration } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import type { DropBucketByName, ReceiptKeyByArn } from '../image-drop-stack.ts';
import { objectOf, plainObject, SettingError } from './checks.ts';
import type { OutcomeEmailsProps } from './outcome-emails-props.ts';
import type { ReconcileProps } from './reconcile-props.ts';
import type { StageProps } from './stage-props.ts';
import type { TargetProps } from './target-props.ts';

/** What the CDK app takes from its context: cdk.json, or `-c name=value` on the command line. */
export interface ContextSettings {
  readonly stackName: string;
  readonly targets: Readonly<Record<string, TargetProps>>;
  readonly cloudsYamlSecret: string;
  readonly dropBucketByName?: DropBucketByName;
  readonly receiptKeyByArn?: ReceiptKeyByArn;
  readonly tagDrops?: boolean;
  readonly tracing?: boolean;
  readonly terminationProtection?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly expireSettledAfter?: Duration;
  readonly maxConcurrentUploads?: number;
  readonly createMetadata?: ConcurrencyProps;
  readonly unpackImage?: ConcurrencyProps;
  readonly streamUpload?: ConcurrencyProps;
  readonly recordStatus?: ConcurrencyProps;
  readonly reconcile?: ReconcileProps;
  readonly outcomeEmails?: OutcomeEmailsProps;
  readonly alarmEmails?: readonly string[];
  readonly publisherKeys?: readonly string[];
  readonly encryptionKeyArn?: string;
  readonly cloudsYamlKeyArn?: string;
  readonly alarmTopicArn?: string;
  readonly alarmTopicKeyArn?: string;
}

type ConcurrencyProps = Pick<StageProps, 'maxConcurrency' | 'reservedConcurrency'>;

/** AWS CloudFormation, "CreateStack": StackName. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;
/** AWS Secrets Manager, "CreateSecret": Name. */
const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/** What may be left out, each with what reads it. */
const OPTIONAL: readonly ((node: Node) => Partial<ContextSettings>)[] = [
  existingDropBucketOf,
  receiptKeyOf,
  switchesOf,
  tagsOf,
  expiryOf,
  concurrencyOf,
  reconcileOf,
  outcomeEmailsOf,
  textListsOf,
  arnsOf,
];

/** @throws SettingError naming the context value that cannot work */
export function contextSettings(node: Node): ContextSettings {
  const optional: Partial<ContextSettings> = Object.assign({}, ...OPTIONAL.map((read) => read(node)));
  return {
    ...optional,
    stackName: textOf(node, 'stackName', 'ImageDrop', STACK_NAME, 'the name of a stack: letters, digits and "-"'),
    targets: targetsOf(node),
    cloudsYamlSecret: textOf(
      node,
      'cloudsYamlSecret',
      'imagedrop/clouds.yaml',
      SECRET_NAME,
      'the name of a secret in AWS Secrets Manager, not its ARN',
    ),
  };
}

/** @returns undefined where it is not set; the command line gives every value as text */
function contextValue(node: Node, name: string): unknown {
  const value: unknown = node.tryGetContext(name);
  return typeof value === 'string' ? parsed(name, value) : value;
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

/** Of a key, not of an alias: a policy needs the key's own. */
const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;
const keyArnOf = (name: string, value: unknown): string => matching(name, value, KEY_ARN, 'the ARN of a key');
/** Of a topic in any partition, region and account. */
const TOPIC_ARN = /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]{1,256}$/;
const topicArnOf = (name: string, value: unknown): string => matching(name, value, TOPIC_ARN, 'the ARN of a topic');
/** Amazon S3 user guide, "General purpose bucket naming rules". */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** `existingDropBucket`: `{"name":"theirs","versioned":true}`, `keyArn`, and `eventTopicArn` or `"eventBridge":true`. */
function existingDropBucketOf(node: Node): { readonly dropBucketByName?: DropBucketByName } {
  const value = contextValue(node, 'existingDropBucket');
  if (value === undefined) return {};
  const given = objectOf('existingDropBucket', value, ['name', 'versioned', 'keyArn', 'eventTopicArn', 'eventBridge']);
  const { name, versioned, keyArn, eventTopicArn, eventBridge } = given;
  const dropBucketByName = {
    name: matching('existingDropBucket.name', name, BUCKET_NAME, 'the name of a bucket'),
    versioned: booleanOf('existingDropBucket.versioned', versioned),
    ...(keyArn !== undefined && { keyArn: keyArnOf('existingDropBucket.keyArn', keyArn) }),
    ...(eventTopicArn !== undefined && {
      eventTopicArn: topicArnOf('existingDropBucket.eventTopicArn', eventTopicArn),
    }),
    ...(eventBridge !== undefined && { eventBridge: booleanOf('existingDropBucket.eventBridge', eventBridge) }),
  };
  return { dropBucketByName };
}

/** Each true or false. */
function switchesOf(node: Node): Partial<ContextSettings> {
  const given = ['tagDrops', 'tracing', 'terminationProtection'].flatMap((name) => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined ? [] : [[name, booleanOf(name, value)]];
  });
  return Object.fromEntries(given);
}

/** `tags`: `{"team":"images"}`, for every resource of the stack. */
function tagsOf(node: Node): Partial<ContextSettings> {
  const value = contextValue(node, 'tags');
  if (value === undefined) return {};
  const tags = Object.entries(plainObject('tags', value)).map(([key, text]) => {
    if (typeof text !== 'string') throw new SettingError(`tags.${key}`, text, 'give a text.');
    return [key, text];
  });
  return { tags: Object.fromEntries(tags) };
}

/** `expireSettledAfterDays`: 30. */
function expiryOf(node: Node): Partial<ContextSettings> {
  const days = contextValue(node, 'expireSettledAfterDays');
  return days === undefined ? {} : { expireSettledAfter: Duration.days(numberOf('expireSettledAfterDays', days)) };
}

/** Stages whose concurrency a context value of the same name holds: `{"maxConcurrency":2,"reservedConcurrency":2}`. */
const STAGES = ['createMetadata', 'unpackImage', 'streamUpload', 'recordStatus'] as const;

/** `maxConcurrentUploads`, and the concurrency of each stage. Whether it can work, the construct finds out. */
function concurrencyOf(node: Node): Partial<ContextSettings> {
  const uploads = contextValue(node, 'maxConcurrentUploads');
  const stages = STAGES.flatMap((name) => {
    const value = contextValue(node, name);
    return value === undefined ? [] : [[name, numbersOf(name, value, ['maxConcurrency', 'reservedConcurrency'])]];
  });
  return {
    ...(uploads !== undefined && { maxConcurrentUploads: numberOf('maxConcurrentUploads', uploads) }),
    ...Object.fromEntries(stages),
  };
}

function numbersOf(name: string, value: unknown, known: readonly string[]): Readonly<Record<string, number>> {
  const given = Object.entries(objectOf(name, value, known));
  return Object.fromEntries(given.map(([key, one]) => [key, numberOf(`${name}.${key}`, one)]));
}

/** `receiptKey`: `{"arn":"arn:aws:kms:…:key/…"}`, and `algorithm`. Whether that is one, the construct finds out. */
function receiptKeyOf(node: Node): { readonly receiptKeyByArn?: ReceiptKeyByArn } {
  const value = contextValue(node, 'receiptKey');
  if (value === undefined) return {};
  const { arn, ...rest } = objectOf('receiptKey', value, ['arn', 'algorithm']);
  return { receiptKeyByArn: { arn: keyArnOf('receiptKey.arn', arn), ...rest } };
}

/** `reconcile`: `{"everyMinutes":15,"lostAfterSeconds":1800,"deleteOrphanedImages":false}`, each with its default. */
function reconcileOf(node: Node): { readonly reconcile?: ReconcileProps } {
  const value = contextValue(node, 'reconcile');
  if (value === undefined) return {};
  const known = ['everyMinutes', 'lostAfterSeconds', 'deleteOrphanedImages'];
  const given = objectOf('reconcile', value, known);
  const { everyMinutes, lostAfterSeconds, deleteOrphanedImages = false } = given;
  const reconcile = {
    deleteOrphanedImages: booleanOf('reconcile.deleteOrphanedImages', deleteOrphanedImages),
    ...(everyMinutes !== undefined && { every: Duration.minutes(numberOf('reconcile.everyMinutes', everyMinutes)) }),
    ...(lostAfterSeconds !== undefined && {
      lostAfter: Duration.seconds(numberOf('reconcile.lostAfterSeconds', lostAfterSeconds)),
    }),
  };
  return { reconcile };
}

/** `outcomeEmails`: `{"addresses":["a@example.com"],"statuses":["failed"]}`. Whether each is one, the construct finds out. */
function outcomeEmailsOf(node: Node): { readonly outcomeEmails?: OutcomeEmailsProps } {
  const value = contextValue(node, 'outcomeEmails');
  if (value === undefined) return {};
  const { addresses, statuses } = objectOf('outcomeEmails', value, ['addresses', 'statuses']);
  for (const [name, list] of Object.entries({ addresses, ...(statuses !== undefined && { statuses }) })) {
    listOfTexts(`outcomeEmails.${name}`, list);
  }
  const outcomeEmails = { addresses, ...(statuses !== undefined && { statuses }) } as OutcomeEmailsProps;
  return { outcomeEmails };
}

/** `alarmEmails`: `["oncall@example.com"]`, and `publisherKeys`: `["keys/ubuntu.asc"]`. */
function textListsOf(node: Node): Partial<ContextSettings> {
  const given = ['alarmEmails', 'publisherKeys'].flatMap((name) => {
    const value = contextValue(node, name);
    return value === undefined ? [] : [[name, listOfTexts(name, value)]];
  });
  return Object.fromEntries(given);
}

/** `encryptionKeyArn`, `cloudsYamlKeyArn`, `alarmTopicArn` and `alarmTopicKeyArn`. */
function arnsOf(node: Node): Partial<ContextSettings> {
  const forms = {
    encryptionKeyArn: keyArnOf,
    cloudsYamlKeyArn: keyArnOf,
    alarmTopicArn: topicArnOf,
    alarmTopicKeyArn: keyArnOf,
  };
  const given = Object.entries(forms).flatMap(([name, form]) => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined ? [] : [[name, form(name, value)]];
  });
  return Object.fromEntries(given);
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
  throw new SettingError(name, value, 'give a number.');
}

/** The command line gives every context value as text. */
function parsed(name: string, text: string, advice = 'write JSON'): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SettingError(name, text, `this is not JSON (${String(error)}); ${advice}.`);
  }
}
