import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageDropError } from '../model/errors.ts';
import { RECEIPT_ALGORITHMS, type ReceiptAlgorithm } from '../model/receipt.ts';
import { TARGET_KINDS, type Target } from '../model/target.ts';

/**
 * The environment variables of each function: lib/ types what it deploys with these, so that a function that lacks one
 * does not compile.
 */
export interface SharedEnvironment {
  /** JSON of Target[] (model/target.ts), every default filled in. */
  readonly TARGETS: string;
  /** The secret that holds clouds.yaml: its ARN or name. */
  readonly CLOUDS_YAML_SECRET: string;
  /** Name of the bucket that holds the records. */
  readonly STATUS_BUCKET: string;
  readonly INGEST_QUEUE_URL: string;
  readonly STATUS_QUEUE_URL: string;
  /** Where the drop bucket is, when it is not on AWS; the SDK's own variable. */
  readonly AWS_ENDPOINT_URL_S3?: string;
}

export interface CreateMetadataEnvironment extends SharedEnvironment {
  readonly DROP_BUCKET: string;
  readonly UNPACK_QUEUE_URL: string;
  readonly UPLOAD_QUEUE_URL: string;
  /** The file beside the code that has the keys of publishers, which are larger than an environment; absent: none. */
  readonly PUBLISHER_KEYS_FILE?: string;
}

/** What that file is: the keys in base64, by the names that they have in the settings. */
export type PublisherKeys = Readonly<Record<string, string>>;

export interface UnpackImageEnvironment extends SharedEnvironment {
  readonly UNPACK_QUEUE_URL: string;
  /** Name of the bucket that packed drops are unpacked into. */
  readonly WORK_BUCKET: string;
  /** A whole number. */
  readonly MAX_UNPACKED_BYTES: string;
}

export interface StreamUploadEnvironment extends SharedEnvironment {
  readonly UPLOAD_QUEUE_URL: string;
}

export interface RecordStatusEnvironment extends SharedEnvironment {
  readonly WORK_BUCKET: string;
  readonly OUTCOME_TOPIC_ARN: string;
  /** Whether dropped objects get their outcome as tags. */
  readonly TAG_DROPS: 'true' | 'false';
  /** Whether settled drops get a tag that a lifecycle rule can name. */
  readonly MARK_SETTLED: 'true' | 'false';
  /** Version of the package, for receipts. */
  readonly IMAGEDROP_VERSION: string;
  /** The key of AWS KMS that signs receipts; absent: they are not signed. */
  readonly RECEIPT_KEY_ARN?: string;
  /** Given with the key. */
  readonly RECEIPT_ALGORITHM?: ReceiptAlgorithm;
}

export interface ReconcileEnvironment extends SharedEnvironment {
  readonly DROP_BUCKET: string;
  /** Of a bucket that had another use before, only what came since is meant for this stack. */
  readonly DROPS_BEFORE_FIRST_RUN: 'taken-up' | 'left-alone';
  readonly UNPACK_QUEUE_URL: string;
  readonly UPLOAD_QUEUE_URL: string;
  readonly INGEST_DEAD_LETTERS_URL: string;
  readonly UNPACK_DEAD_LETTERS_URL: string;
  readonly UPLOAD_DEAD_LETTERS_URL: string;
  readonly STATUS_DEAD_LETTERS_URL: string;
  /** A whole number. */
  readonly LOST_AFTER_SECONDS: string;
  readonly DELETE_ORPHANED_IMAGES: 'true' | 'false';
}

type Variables = Readonly<Record<string, string | undefined>>;

export const createMetadataEnvironment = (variables: Variables = process.env): CreateMetadataEnvironment => ({
  ...sharedEnvironment(variables),
  DROP_BUCKET: required(variables, 'DROP_BUCKET'),
  UNPACK_QUEUE_URL: required(variables, 'UNPACK_QUEUE_URL'),
  UPLOAD_QUEUE_URL: required(variables, 'UPLOAD_QUEUE_URL'),
  ...(variables.PUBLISHER_KEYS_FILE !== undefined && {
    PUBLISHER_KEYS_FILE: join(required(variables, 'LAMBDA_TASK_ROOT'), required(variables, 'PUBLISHER_KEYS_FILE')),
  }),
});

/** The keys of publishers in the settings; undefined where there are none. */
export function publisherKeysOf({ PUBLISHER_KEYS_FILE: file }: CreateMetadataEnvironment) {
  if (file === undefined) return undefined;
  const keys: PublisherKeys = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(keys).map(([name, base64]) => ({ name, bytes: Buffer.from(base64, 'base64') }));
}

export const unpackImageEnvironment = (variables: Variables = process.env): UnpackImageEnvironment => ({
  ...sharedEnvironment(variables),
  UNPACK_QUEUE_URL: required(variables, 'UNPACK_QUEUE_URL'),
  WORK_BUCKET: required(variables, 'WORK_BUCKET'),
  MAX_UNPACKED_BYTES: whole(variables, 'MAX_UNPACKED_BYTES', 'bytes'),
});

export const streamUploadEnvironment = (variables: Variables = process.env): StreamUploadEnvironment => ({
  ...sharedEnvironment(variables),
  UPLOAD_QUEUE_URL: required(variables, 'UPLOAD_QUEUE_URL'),
});

export const recordStatusEnvironment = (variables: Variables = process.env): RecordStatusEnvironment => ({
  ...sharedEnvironment(variables),
  WORK_BUCKET: required(variables, 'WORK_BUCKET'),
  OUTCOME_TOPIC_ARN: required(variables, 'OUTCOME_TOPIC_ARN'),
  TAG_DROPS: required(variables, 'TAG_DROPS') === 'true' ? 'true' : 'false',
  MARK_SETTLED: required(variables, 'MARK_SETTLED') === 'true' ? 'true' : 'false',
  IMAGEDROP_VERSION: required(variables, 'IMAGEDROP_VERSION'),
  ...receiptKeyOf(variables),
});

function receiptKeyOf(variables: Variables): Pick<RecordStatusEnvironment, 'RECEIPT_KEY_ARN' | 'RECEIPT_ALGORITHM'> {
  if (variables.RECEIPT_KEY_ARN === undefined) return {};
  const algorithm = RECEIPT_ALGORITHMS.find((known) => known === variables.RECEIPT_ALGORITHM);
  if (algorithm === undefined) throw bad('RECEIPT_ALGORITHM', `must be one of ${RECEIPT_ALGORITHMS.join(', ')}`);
  return { RECEIPT_KEY_ARN: required(variables, 'RECEIPT_KEY_ARN'), RECEIPT_ALGORITHM: algorithm };
}

export const reconcileEnvironment = (variables: Variables = process.env): ReconcileEnvironment => ({
  ...sharedEnvironment(variables),
  DROP_BUCKET: required(variables, 'DROP_BUCKET'),
  UNPACK_QUEUE_URL: required(variables, 'UNPACK_QUEUE_URL'),
  UPLOAD_QUEUE_URL: required(variables, 'UPLOAD_QUEUE_URL'),
  DROPS_BEFORE_FIRST_RUN: required(variables, 'DROPS_BEFORE_FIRST_RUN') === 'taken-up' ? 'taken-up' : 'left-alone',
  INGEST_DEAD_LETTERS_URL: required(variables, 'INGEST_DEAD_LETTERS_URL'),
  UNPACK_DEAD_LETTERS_URL: required(variables, 'UNPACK_DEAD_LETTERS_URL'),
  UPLOAD_DEAD_LETTERS_URL: required(variables, 'UPLOAD_DEAD_LETTERS_URL'),
  STATUS_DEAD_LETTERS_URL: required(variables, 'STATUS_DEAD_LETTERS_URL'),
  LOST_AFTER_SECONDS: whole(variables, 'LOST_AFTER_SECONDS', 'seconds'),
  DELETE_ORPHANED_IMAGES: required(variables, 'DELETE_ORPHANED_IMAGES') === 'true' ? 'true' : 'false',
});

/**
 * The targets as the construct wrote them.
 * @throws `bad-setting` naming the variable and what is wrong in it
 */
export function targetsOf(environment: SharedEnvironment): readonly Target[] {
  const targets = parseJson('TARGETS', environment.TARGETS);
  if (!Array.isArray(targets) || targets.length === 0)
    throw bad('TARGETS', 'must be a JSON list of at least one target');
  for (const target of targets) {
    if (typeof target?.name !== 'string' || !TARGET_KINDS.includes(target.kind)) {
      throw bad('TARGETS', `holds a target without a name or of unknown kind: ${JSON.stringify(target)}`);
    }
  }
  return targets;
}

function sharedEnvironment(variables: Variables): SharedEnvironment {
  const { AWS_ENDPOINT_URL_S3 } = variables;
  return {
    ...(AWS_ENDPOINT_URL_S3 !== undefined && { AWS_ENDPOINT_URL_S3 }),
    TARGETS: required(variables, 'TARGETS'),
    CLOUDS_YAML_SECRET: required(variables, 'CLOUDS_YAML_SECRET'),
    STATUS_BUCKET: required(variables, 'STATUS_BUCKET'),
    INGEST_QUEUE_URL: required(variables, 'INGEST_QUEUE_URL'),
    STATUS_QUEUE_URL: required(variables, 'STATUS_QUEUE_URL'),
  };
}

function required(variables: Variables, name: string): string {
  const value = variables[name]?.trim();
  if (value === undefined || value === '') throw bad(name, value === undefined ? 'is not set' : 'is empty');
  return value;
}

function whole(variables: Variables, name: string, unit: 'seconds' | 'bytes'): string {
  const value = required(variables, name);
  if (!/^\d+$/.test(value)) throw bad(name, `is not a whole number of ${unit}: ${value}`);
  return value;
}

function parseJson(name: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw bad(name, 'is not JSON', cause);
  }
}

function bad(name: string, what: string, cause?: unknown): ImageDropError {
  return new ImageDropError('bad-setting', `The environment variable ${name} ${what}.`, { cause });
}
