import type {
  CreateMetadataEnvironment,
  ReconcileEnvironment,
  RecordStatusEnvironment,
  SharedEnvironment,
  StreamUploadEnvironment,
  UnpackImageEnvironment,
} from '../lambda/runtime/environment.ts';
import { PUBLISHER_KEYS_FILE } from './bundle.ts';
import type { Parts, Queues } from './parts.ts';
import type { Settings } from './settings/settings.ts';
import { packageVersion } from './version.ts';

/** The environment of each function; its type is the function's own, so that a missing variable does not compile. */
export interface Environments {
  readonly createMetadata: CreateMetadataEnvironment;
  readonly unpackImage: UnpackImageEnvironment;
  readonly streamUpload: StreamUploadEnvironment;
  readonly recordStatus: RecordStatusEnvironment;
  readonly reconcile: ReconcileEnvironment;
}

export function environmentsOf(settings: Settings, parts: Parts): Environments {
  const { targets, reconcile, maxUnpackedBytes, expireSettledAfter, receiptKey, publisherKeys } = settings;
  const { INGEST_QUEUE_URL, UNPACK_QUEUE_URL, UPLOAD_QUEUE_URL, STATUS_QUEUE_URL } = urlsOf(parts.queues);
  const shared: SharedEnvironment = {
    TARGETS: JSON.stringify(targets),
    CLOUDS_YAML_SECRET: parts.cloudsYaml.secretArn,
    STATUS_BUCKET: parts.records.bucketName,
    INGEST_QUEUE_URL,
    STATUS_QUEUE_URL,
  };
  const DROP_BUCKET = parts.drops.bucket.bucketName;
  const WORK_BUCKET = parts.work.bucketName;
  return {
    createMetadata: {
      ...shared,
      DROP_BUCKET,
      UNPACK_QUEUE_URL,
      UPLOAD_QUEUE_URL,
      ...(publisherKeys && { PUBLISHER_KEYS_FILE }),
    },
    unpackImage: { ...shared, UNPACK_QUEUE_URL, WORK_BUCKET, MAX_UNPACKED_BYTES: String(maxUnpackedBytes) },
    streamUpload: { ...shared, UPLOAD_QUEUE_URL },
    recordStatus: {
      ...shared,
      WORK_BUCKET,
      OUTCOME_TOPIC_ARN: parts.outcomes.topicArn,
      TAG_DROPS: parts.tagsDrops ? 'true' : 'false',
      MARK_SETTLED: expireSettledAfter === undefined ? 'false' : 'true',
      IMAGEDROP_VERSION: packageVersion(),
      ...(receiptKey && { RECEIPT_KEY_ARN: receiptKey.key.keyArn, RECEIPT_ALGORITHM: receiptKey.algorithm }),
    },
    reconcile: {
      ...shared,
      UNPACK_QUEUE_URL,
      UPLOAD_QUEUE_URL,
      ...deadLettersOf(parts.queues),
      DROP_BUCKET,
      DROPS_BEFORE_FIRST_RUN: parts.drops.isOwn ? 'taken-up' : 'left-alone',
      LOST_AFTER_SECONDS: String(reconcile.lostAfter.toSeconds()),
      DELETE_ORPHANED_IMAGES: reconcile.deleteOrphanedImages ? 'true' : 'false',
    },
  };
}

function urlsOf({ ingest, unpack, upload, status }: Queues) {
  return {
    INGEST_QUEUE_URL: ingest.queue.queueUrl,
    UNPACK_QUEUE_URL: unpack.queue.queueUrl,
    UPLOAD_QUEUE_URL: upload.queue.queueUrl,
    STATUS_QUEUE_URL: status.queue.queueUrl,
  };
}

function deadLettersOf({ ingest, unpack, upload, status }: Queues) {
  return {
    INGEST_DEAD_LETTERS_URL: ingest.deadLetters.queueUrl,
    UNPACK_DEAD_LETTERS_URL: unpack.deadLetters.queueUrl,
    UPLOAD_DEAD_LETTERS_URL: upload.deadLetters.queueUrl,
    STATUS_DEAD_LETTERS_URL: status.deadLetters.queueUrl,
  };
}
