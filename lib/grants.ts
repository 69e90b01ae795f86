import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Parts } from './parts.ts';
import { allow, changeRecords, readDrops, readSecret, sendTo, tagDrops } from './statements.ts';

/** What each function may do, beside working on its own queue and writing its own log. */

export function createMetadataGrants({ drops, records, queues, cloudsYaml }: Parts): PolicyStatement[] {
  return [
    ...readDrops(drops),
    ...changeRecords(records),
    sendTo(queues.upload.queue, queues.status.queue),
    ...readSecret(cloudsYaml),
  ];
}

/** @param stagesFiles whether any target has a staging bucket: chunks of files are asked for by messages of its own queue */
export function streamUploadGrants(
  { drops, records, queues, cloudsYaml }: Parts,
  stagesFiles: boolean,
): PolicyStatement[] {
  const own = stagesFiles ? [queues.upload.queue] : [];
  return [
    ...readDrops(drops),
    ...changeRecords(records),
    sendTo(queues.ingest.queue, ...own, queues.status.queue),
    ...readSecret(cloudsYaml),
  ];
}

export function recordStatusGrants({ drops, records, queues, outcomes, cloudsYaml }: Parts): PolicyStatement[] {
  return [
    ...tagDrops(drops),
    ...changeRecords(records),
    sendTo(queues.status.queue, queues.ingest.queue),
    allow(['sns:Publish'], outcomes.topicArn),
    ...readSecret(cloudsYaml),
  ];
}
