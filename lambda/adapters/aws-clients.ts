import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { nodeProxies } from '../clouds/proxies.ts';

export interface HandlerOptions {
  /** To one host at a time; further requests wait. */
  readonly connections: number;
  readonly connectMs: number;
  /** From the sent request to the head of the answer. */
  readonly answerMs: number;
  /** Between two pieces of a body that is being read. */
  readonly silenceMs: number;
  /** Whether the server's certificate is checked, and against which authorities (node:tls). @default as Node.js does */
  readonly tls?: { readonly rejectUnauthorized: boolean; readonly ca?: string };
}

/**
 * Makes what a client sends its requests with. The default is the SDK's own handler. Functions that move images pass
 * `undiciHandler`, which reads with less CPU time; no other bundle contains undici (0.57 MB).
 */
export type MakeHandler = (options: HandlerOptions) => NonNullable<S3ClientConfig['requestHandler']>;

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
const shared = (makeHandler: MakeHandler = nodeHandler, limits: Partial<HandlerOptions> = {}) => ({
  maxAttempts: 5,
  requestHandler: makeHandler({ ...LIMITS, ...limits }),
});

/** The options of the SDK's own handler, which are the same for all clients. */
export function nodeHandler({ connections, connectMs, answerMs, silenceMs, tls }: HandlerOptions) {
  const agent = { maxSockets: connections, proxyEnv: nodeProxies() };
  return {
    connectionTimeout: connectMs,
    requestTimeout: answerMs,
    throwOnRequestTimeout: true,
    socketTimeout: silenceMs,
    httpAgent: agent,
    httpsAgent: { ...agent, ...tls },
  };
}

const S3_OPTIONS = {
  // Ranged reads have no checksum to compare, and a whole one is compared with the endpoint's own hash.
  responseChecksumValidation: 'WHEN_REQUIRED',
  // Undici sends no such header.
  expectContinueHeader: false,
} as const;

export const s3Client = (makeHandler?: MakeHandler) => new S3Client({ ...shared(makeHandler), ...S3_OPTIONS });

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
export function stagingClient(access: StagingAccess, makeHandler?: MakeHandler): S3Client {
  const { endpoint, region, verify, cacert, ...credentials } = access;
  const tls = { rejectUnauthorized: verify, ...(cacert !== undefined && { ca: cacert }) };
  return new S3Client({
    ...shared(makeHandler, { answerMs: STAGING_TIMEOUT_MS, tls }),
    ...S3_OPTIONS,
    endpoint,
    region,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

export const sqsClient = () => new SQSClient(shared());
export const snsClient = () => new SNSClient(shared());
export const secretsClient = () => new SecretsManagerClient(shared());

/** A key that does not answer must leave the function the time to announce its outcomes: two tries take 10 s at most. */
export const kmsClient = () =>
  new KMSClient({ ...shared(undefined, { connectMs: 2000, answerMs: 3000 }), maxAttempts: 2 });
