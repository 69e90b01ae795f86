import type { Duration } from 'aws-cdk-lib';

/** Settings of one stage: a queue, its dead letters and the function that works on it. */
export interface StageProps {
  /**
   * Memory of the function in MiB, 128 to 10240; on managed instances at least 2048. CPU and network grow with it.
   *
   * @default - createMetadata: 512, streamUpload and unpackImage: 1769, recordStatus: 256 - inspection needs CPU at
   * start; 1769 gives one whole vCPU; record-status only waits for small answers
   */
  readonly memorySize?: number;

  /**
   * Time of one invocation, 1 to 900 s; on managed instances up to 5400 s.
   *
   * @default - streamUpload and unpackImage: 900 s, others: 60 s - the most that AWS Lambda gives, and several times what
   * a batch needs
   */
  readonly timeout?: Duration;

  /**
   * How long a received message is invisible to others, from the timeout to 12 h.
   *
   * @default - streamUpload and unpackImage: timeout and 30 s, others: six times the timeout - work of a killed upload
   * continues soon, and messages of a throttled function do not become dead letters
   */
  readonly visibilityTimeout?: Duration;

  /**
   * Receipts of a message before it becomes a dead letter; more than the 12 attempts of a step.
   *
   * @default 30 - a step has settled the record long before; only messages that no step can handle get here
   */
  readonly maxReceiveCount?: number;

  /**
   * Age of the oldest waiting message that raises the alarm.
   *
   * @default - streamUpload and unpackImage: 6 h, others: 1 h - many large images may wait for their turn; elsewhere a
   * message is gone in seconds
   */
  readonly oldestMessageAge?: Duration;

  /**
   * Invocations at a time, 2 to 1000. Of streamUpload it is `maxConcurrentUploads`.
   *
   * @default 10 - as many connections as a small cloud's API serves. An account whose limit is 10 needs 2 for each stage
   */
  readonly maxConcurrency?: number;

  /**
   * Invocations that AWS Lambda keeps for this function alone (docs/limits.md).
   *
   * @default - none - a new account has a limit of 10, and cannot reserve any
   */
  readonly reservedConcurrency?: number;
}
