import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { undiciHandler } from './undici-handler.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** AWS answers within 0.2 s as a rule: a request that has waited fifty times as long is lost, and is better sent again. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * A connection that has gone silent while an image streams breaks after this long, so that the source is opened again
 * (transfer/resuming-source.ts) well before the watchdog gives up the whole transfer after a minute.
 */
export const SILENCE_TIMEOUT_MS = 20_000;

/**
 * Small calls fail fast and are tried again; five tries with the SDK's own pauses ride out a moment of throttling. The
 * time-out of the answer ends with its head: a body may take as long as it moves.
 */
const SHARED = {
  maxAttempts: 5,
  requestHandler: {
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: ANSWER_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    socketTimeout: SILENCE_TIMEOUT_MS,
  },
} as const;

/** As many as the SDK's own handler opens to one host. */
const CONNECTIONS = 50;

export const s3Client = () =>
  new S3Client({
    ...SHARED,
    // Ranged reads have no checksum to compare, and a whole one is compared with the endpoint's own hash.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: undiciHandler({
      connections: CONNECTIONS,
      connectMs: CONNECT_TIMEOUT_MS,
      answerMs: ANSWER_TIMEOUT_MS,
      silenceMs: SILENCE_TIMEOUT_MS,
    }),
    // Undici sends no such header, and what is written by this client is small.
    expectContinueHeader: false,
  });

/** A part of 96 MiB is on its way for a while, and so is the answer of a store that puts ten thousand parts together. */
const STAGING_TIMEOUT_MS = 300_000;

export interface StagingAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Whether the server's certificate is checked, and against which authorities (PEM text) in place of the usual ones. */
  readonly verify: boolean;
  readonly cacert?: string;
}

/** Another object storage that speaks the API of S3: no checksums that only S3 itself knows. */
export const stagingClient = ({ endpoint, region, verify, cacert, ...credentials }: StagingAccess) =>
  new S3Client({
    ...SHARED,
    endpoint,
    region,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      ...SHARED.requestHandler,
      requestTimeout: STAGING_TIMEOUT_MS,
      httpsAgent: { rejectUnauthorized: verify, ...(cacert !== undefined && { ca: cacert }) },
    },
  });

export const sqsClient = () => new SQSClient(SHARED);
export const snsClient = () => new SNSClient(SHARED);
export const secretsClient = () => new SecretsManagerClient(SHARED);
