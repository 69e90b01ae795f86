import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type HandlerOptions, undiciHandler } from './undici-handler.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** AWS answers within 0.2 s as a rule: a request that has waited fifty times as long is lost, and is better sent again. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * A connection that has gone silent while an image streams breaks after this long, so that the source is opened again
 * (transfer/resuming-source.ts) well before the watchdog gives up the whole transfer after a minute.
 */
export const SILENCE_TIMEOUT_MS = 20_000;

/** As many as the SDK's own handler opens to one host. */
const CONNECTIONS = 50;

const LIMITS: HandlerOptions = {
  connections: CONNECTIONS,
  connectMs: CONNECT_TIMEOUT_MS,
  answerMs: ANSWER_TIMEOUT_MS,
  silenceMs: SILENCE_TIMEOUT_MS,
};

/**
 * Small calls fail fast and are tried again; five tries with the SDK's own pauses ride out a moment of throttling. The
 * time-out of the answer ends with its head: a body may take as long as it moves.
 */
const shared = (limits: Partial<HandlerOptions> = {}) => ({
  maxAttempts: 5,
  requestHandler: undiciHandler({ ...LIMITS, ...limits }),
});

/** Ranged reads have no checksum to compare, and a whole one is compared with the endpoint's own hash. */
const S3_BY_UNDICI = {
  responseChecksumValidation: 'WHEN_REQUIRED',
  // Undici sends no such header.
  expectContinueHeader: false,
} as const;

export const s3Client = () => new S3Client({ ...shared(), ...S3_BY_UNDICI });

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
    ...shared({
      answerMs: STAGING_TIMEOUT_MS,
      tls: { rejectUnauthorized: verify, ...(cacert !== undefined && { ca: cacert }) },
    }),
    ...S3_BY_UNDICI,
    endpoint,
    region,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });

export const sqsClient = () => new SQSClient(shared());
export const snsClient = () => new SNSClient(shared());
export const secretsClient = () => new SecretsManagerClient(shared());
