import type { Target } from '../lambda/model/target.ts';
import type {
  CreateMetadataEnvironment,
  RecordStatusEnvironment,
  SharedEnvironment,
  StreamUploadEnvironment,
} from '../lambda/runtime/environment.ts';
import type { Parts, Queues } from './parts.ts';

/** The environment of each function; its type is the function's own, so that one that lacks a variable does not compile. */
export interface Environments {
  readonly createMetadata: CreateMetadataEnvironment;
  readonly streamUpload: StreamUploadEnvironment;
  readonly recordStatus: RecordStatusEnvironment;
}

export function environmentsOf(targets: readonly Target[], parts: Parts): Environments {
  const shared: SharedEnvironment = {
    TARGETS: JSON.stringify(targets),
    CLOUDS_YAML_SECRET: parts.cloudsYaml.secretArn,
    STATUS_BUCKET: parts.records.bucketName,
  };
  const { INGEST_QUEUE_URL, UPLOAD_QUEUE_URL, STATUS_QUEUE_URL } = urlsOf(parts.queues);
  return {
    createMetadata: { ...shared, INGEST_QUEUE_URL, UPLOAD_QUEUE_URL, STATUS_QUEUE_URL },
    streamUpload: { ...shared, INGEST_QUEUE_URL, UPLOAD_QUEUE_URL, STATUS_QUEUE_URL },
    recordStatus: { ...shared, INGEST_QUEUE_URL, STATUS_QUEUE_URL, OUTCOME_TOPIC_ARN: parts.outcomes.topicArn },
  };
}

function urlsOf({ ingest, upload, status }: Queues) {
  return {
    INGEST_QUEUE_URL: ingest.queue.queueUrl,
    UPLOAD_QUEUE_URL: upload.queue.queueUrl,
    STATUS_QUEUE_URL: status.queue.queueUrl,
  };
}
