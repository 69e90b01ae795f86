import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageSettings } from './settings/resolve-stage.ts';

/** The most that Amazon SQS keeps a message. */
const DEAD_LETTER_DAYS = 14;
/**
 * A message that is moved to the dead letters keeps its age: with half of their time it stays there for a week at
 * least, however late it was moved.
 */
const MESSAGE_DAYS = 7;

const HARDENED: QueueProps = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };

/** The queue before a function, and the queue for messages that the function cannot handle. */
export class StageQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...HARDENED,
      retentionPeriod: Duration.days(DEAD_LETTER_DAYS),
    });
    this.queue = new Queue(this, 'Queue', {
      ...HARDENED,
      retentionPeriod: Duration.days(MESSAGE_DAYS),
      visibilityTimeout: settings.visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: settings.maxReceiveCount },
    });
  }
}
