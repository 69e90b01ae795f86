import type { Duration } from 'aws-cdk-lib';

/** Settings of one stage: a queue, its dead letters and the function that works on it. */
export interface StageProps {
  /**
   * MiB of the function, 128 to 10240; on managed instances 2048 at least. CPU and network come with it.
   *
   * @default - createMetadata: 512, inspection holds a few MiB and wants CPU at start. streamUpload and
   * unpackImage: 1769, where AWS Lambda gives one whole vCPU. recordStatus: 256, it only waits for small answers
   */
  readonly memorySize?: number;

  /**
   * How long one invocation may take, 1 to 900 s; on managed instances 5400 s.
   *
   * @default - streamUpload and unpackImage: 900 s, the most that AWS Lambda gives. The others: 60 s, several times what a batch needs
   */
  readonly timeout?: Duration;

  /**
   * How long a received message stays invisible to others. At least the timeout, or a second invocation begins
   * while the first still works; 12 h at most.
   *
   * @default - streamUpload and unpackImage: the timeout and 30 s, so that the work of a killed function continues soon. The others: six
   * times the timeout, so that messages of a throttled function do not become dead letters
   */
  readonly visibilityTimeout?: Duration;

  /**
   * After this number of receipts a message goes to the dead letters. More than the 12 attempts that a step allows itself:
   * it must be the step that gives up, because only the step can write the reason into the record.
   *
   * @default 30 - a step has settled the record long before; only messages that no step can handle get here
   */
  readonly maxReceiveCount?: number;

  /**
   * Age of the oldest waiting message that raises the alarm.
   *
   * @default - streamUpload and unpackImage: 6 h, for many large images may wait for their turn. The others: 1 h, where a message is
   * normally gone in seconds
   */
  readonly oldestMessageAge?: Duration;

  /**
   * Invocations at a time, 2 to 1000. Of streamUpload it is `maxConcurrentUploads`.
   *
   * @default 10 - as many connections as a small cloud's API serves. An account whose limit is 10 needs 2 for each stage
   */
  readonly maxConcurrency?: number;

  /**
   * Invocations that AWS Lambda keeps for this function alone, at least `maxConcurrency`. Other functions of the account
   * cannot throttle it then. AWS Lambda leaves 100 of the account's limit unreserved.
   *
   * @default - none: a new account has a limit of 10, and cannot reserve any
   */
  readonly reservedConcurrency?: number;
}
