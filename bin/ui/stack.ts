import { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { StackConnection } from '../stack/connection.ts';

/** What the page works with of a stack. */
export interface UiStack {
  /** As people call it: shown at the top of the page. */
  readonly name: string;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly dropBucket: string;
  readonly statusBucket: string;
  readonly ingestQueueUrl: string;
}

export async function uiStack(connection: StackConnection): Promise<UiStack> {
  return {
    name: connection.isLocal ? 'this machine' : connection.what,
    s3: connection.s3,
    sqs: await connection.sqs(),
    dropBucket: connection.output('DropBucketName'),
    statusBucket: connection.output('StatusBucketName'),
    ingestQueueUrl: connection.output('IngestQueueUrl'),
  };
}

/**
 * The same client without checksums of its own: the signer of a part's address does not know its bytes, and an upload
 * that was begun with a checksum asks for one with each part.
 */
export function withoutChecksums({ config }: S3Client): S3Client {
  return new S3Client({
    region: config.region,
    credentials: config.credentials,
    ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}
