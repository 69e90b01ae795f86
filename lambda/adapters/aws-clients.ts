import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * Small calls fail fast and are tried again; five tries with the SDK's own pauses ride out a moment of throttling. A read
 * that stalls while an image streams is the watchdog's to notice, so sockets have no time-out of their own.
 */
const SHARED = { maxAttempts: 5, requestHandler: { connectionTimeout: 5000 } } as const;

/** Ranged reads have no checksum to compare, and a whole one is compared with the endpoint's own hash. */
export const s3Client = () => new S3Client({ ...SHARED, responseChecksumValidation: 'WHEN_REQUIRED' });
export const sqsClient = () => new SQSClient(SHARED);
export const snsClient = () => new SNSClient(SHARED);
export const secretsClient = () => new SecretsManagerClient(SHARED);
