import type { EntryPoint } from '../entry-points.ts';

/** One step of the pipeline with its defaults: a queue, its dead letters and the function that works on it. */
export interface Stage {
  /** Name of the entry point in lambda/, of the service in logs and metrics. */
  readonly name: EntryPoint;
  readonly description: string;
  readonly memorySize: number;
  /** The least that can be set, in MiB. @default 128 */
  readonly leastMemorySize?: number;
  readonly timeoutSeconds: number;
  /** The longest that can be set. @default 900 */
  readonly longestTimeoutSeconds?: number;
  readonly visibilitySeconds: (timeoutSeconds: number) => number;
  readonly oldestMessageAgeSeconds: number;
  /** Messages per invocation. */
  readonly batchSize: number;
  /** Invocations at a time. */
  readonly maxConcurrency: number;
}

/**
 * "Using Lambda with Amazon SQS" advises six times the timeout: a throttled message counts a receipt each time that it
 * comes back, and must not become a dead letter before an attempt. A step shortens it while it works (under-lease.ts).
 */
const VISIBLE_AFTER_TIMEOUTS = 6;

const ofShortStage = (timeoutSeconds: number): number => VISIBLE_AFTER_TIMEOUTS * timeoutSeconds;

/** Lets the killed function's own clean-up end: the work of a killed function is to continue soon. */
const MARGIN_SECONDS = 30;

const ofLongStage = (timeoutSeconds: number): number => timeoutSeconds + MARGIN_SECONDS;

export const CREATE_METADATA: Stage = {
  name: 'create-metadata',
  description: 'Inspects a drop and creates the metadata of its image at each target',
  memorySize: 512,
  timeoutSeconds: 60,
  visibilitySeconds: ofShortStage,
  oldestMessageAgeSeconds: 3600,
  // A few ranged reads and API calls per drop: five fit well into the timeout even when each is slow.
  batchSize: 5,
  // Ten at a time are thousands of drops an hour, and no more connections than a small cloud's API serves.
  maxConcurrency: 10,
};

export const UNPACK_IMAGE: Stage = {
  name: 'unpack-image',
  description: 'Unpacks compressed drops, once for all targets',
  // One whole vCPU for the decoder. It also holds two parts of the disk and the largest dictionaries and windows.
  memorySize: 1769,
  timeoutSeconds: 900,
  visibilitySeconds: ofLongStage,
  oldestMessageAgeSeconds: 6 * 3600,
  // Each drop has the whole timeout and CPU of its invocation.
  batchSize: 1,
  // The uploads that follow are bounded by maxConcurrentUploads; more would only wait there.
  maxConcurrency: 10,
};

export const STREAM_UPLOAD: Stage = {
  name: 'stream-upload',
  description: 'Moves the bytes of a drop to its target',
  memorySize: 1769,
  timeoutSeconds: 900,
  visibilitySeconds: ofLongStage,
  oldestMessageAgeSeconds: 6 * 3600,
  // Each upload has the whole timeout, CPU and network of its invocation.
  batchSize: 1,
  // The default of maxConcurrentUploads, which says why.
  maxConcurrency: 10,
};

/** AWS Lambda developer guide, "Lambda Managed Instances": an invocation takes 90 minutes at most. */
const MANAGED_TIMEOUT_SECONDS = 5400;
/** The same: 2 GiB for each vCPU at least, and one vCPU is the least. */
const MANAGED_MEMORY = 2048;

/** stream-upload on instances that AWS Lambda manages. */
export const MANAGED_STREAM_UPLOAD: Stage = {
  ...STREAM_UPLOAD,
  memorySize: MANAGED_MEMORY,
  leastMemorySize: MANAGED_MEMORY,
  timeoutSeconds: MANAGED_TIMEOUT_SECONDS,
  longestTimeoutSeconds: MANAGED_TIMEOUT_SECONDS,
};

export const RECORD_STATUS: Stage = {
  name: 'record-status',
  description: 'Waits for images to become active, verifies them and settles their records',
  memorySize: 256,
  timeoutSeconds: 60,
  visibilitySeconds: ofShortStage,
  oldestMessageAgeSeconds: 3600,
  // One question to the endpoint per message; the most that SQS gives without a batching window.
  batchSize: 10,
  // As create-metadata.
  maxConcurrency: 10,
};
