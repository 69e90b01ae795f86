import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Parts } from './parts.ts';
import type { StageQueue } from './stage-queue.ts';
import {
  allow,
  changeRecords,
  clearWork,
  compareDrops,
  lookAtDrops,
  lookAtQueues,
  readDrops,
  readSecret,
  readWork,
  sendTo,
  tagDrops,
  writeWork,
} from './statements.ts';

/**
 * What each function may do, beside working on its own queue and writing its own log. Each sends to its own queue what
 * has to wait: a message that only came back would end among the dead letters.
 */

export function createMetadataGrants({
  drops,
  records,
  work,
  queues,
  cloudsYaml,
  cloudsYamlKey,
}: Parts): PolicyStatement[] {
  return [
    ...readDrops(drops),
    ...readWork(work),
    ...changeRecords(records),
    sendTo(queues.ingest.queue, queues.unpack.queue, queues.upload.queue, queues.status.queue),
    ...readSecret(cloudsYaml, cloudsYamlKey),
  ];
}

export function unpackImageGrants({
  drops,
  records,
  work,
  queues,
  cloudsYaml,
  cloudsYamlKey,
}: Parts): PolicyStatement[] {
  return [
    ...readDrops(drops),
    ...writeWork(work),
    ...changeRecords(records),
    sendTo(queues.unpack.queue, queues.ingest.queue, queues.status.queue),
    ...readSecret(cloudsYaml, cloudsYamlKey),
  ];
}

export function streamUploadGrants({
  drops,
  records,
  work,
  queues,
  cloudsYaml,
  cloudsYamlKey,
}: Parts): PolicyStatement[] {
  return [
    ...readDrops(drops),
    ...readWork(work),
    ...changeRecords(records),
    sendTo(queues.ingest.queue, queues.upload.queue, queues.status.queue),
    ...readSecret(cloudsYaml, cloudsYamlKey),
  ];
}

export function recordStatusGrants(parts: Parts): PolicyStatement[] {
  const { drops, tagsDrops, readsInPlace, records, receiptKey, work, queues, outcomes, cloudsYaml, cloudsYamlKey } =
    parts;
  return [
    ...(tagsDrops ? tagDrops(drops) : []),
    ...clearWork(work),
    ...(readsInPlace ? lookAtDrops(drops) : []),
    ...changeRecords(records),
    sendTo(queues.status.queue, queues.ingest.queue),
    allow(['sns:Publish'], outcomes.topicArn),
    ...(receiptKey === undefined ? [] : [allow(['kms:Sign'], receiptKey.keyArn)]),
    ...readSecret(cloudsYaml, cloudsYamlKey),
  ];
}

export function reconcileGrants({ drops, records, queues, cloudsYaml, cloudsYamlKey }: Parts): PolicyStatement[] {
  const stages = Object.values<StageQueue>({ ...queues });
  return [
    ...compareDrops(drops),
    ...changeRecords(records),
    sendTo(queues.ingest.queue, queues.status.queue),
    ...lookAtQueues(
      stages.map(({ queue }) => queue),
      stages.map(({ deadLetters }) => deadLetters),
    ),
    ...readSecret(cloudsYaml, cloudsYamlKey),
  ];
}
