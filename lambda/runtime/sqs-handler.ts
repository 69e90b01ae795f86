import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { retryDelaySeconds } from '../model/backoff.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { Invocation } from '../model/invocation.ts';
import { objectEvents } from '../model/s3-event.ts';

export interface SqsHandlerOptions {
  /** Does the work of one message; what it throws brings the message back. */
  readonly work: (message: unknown, invocation: Invocation) => Promise<void>;
  /** Amazon SQS ChangeMessageVisibility. */
  readonly holdMessage: (receiptHandle: string, seconds: number) => Promise<void>;
  /** Aborts when the function's time is nearly over or its environment must stop. */
  readonly signal: (remainingMs: number) => AbortSignal;
  readonly log: { error(message: string, fields: Readonly<Record<string, unknown>>): void };
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * An SQS batch handler: each message succeeds or fails independently. One that failed comes back after a pause that grows
 * with its deliveries, by way of its visibility time-out.
 */
export function sqsHandler(options: SqsHandlerOptions) {
  return async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const results = await Promise.all(event.Records.map((record) => handle(record, context, options)));
    return { batchItemFailures: results.filter((failed) => failed !== undefined) };
  };
}

async function handle(record: SQSRecord, context: Context, options: SqsHandlerOptions) {
  try {
    await options.work(parse(record), {
      id: `${context.awsRequestId}/${record.messageId}`,
      signal: options.signal(context.getRemainingTimeInMillis()),
      secondsLeft: context.getRemainingTimeInMillis() / 1000,
      receives: Number(record.attributes.ApproximateReceiveCount),
      sentAt: new Date(Number(record.attributes.SentTimestamp)),
      holdMessage: (seconds) => options.holdMessage(record.receiptHandle, seconds),
    });
    return undefined;
  } catch (thrown) {
    await comeBack(record, asImageDropError(thrown), options);
    return { itemIdentifier: record.messageId };
  }
}

function parse(record: SQSRecord): unknown {
  try {
    return JSON.parse(record.body);
  } catch (cause) {
    throw new ImageDropError('bad-message', `The message ${record.messageId} is not JSON.`, { cause });
  }
}

async function comeBack(record: SQSRecord, error: ImageDropError, options: SqsHandlerOptions): Promise<void> {
  const { log } = options;
  const seconds = delaySeconds(record, error, options.random());
  const line = { messageId: record.messageId, ...messageSubject(record.body) };
  log.error('message failed', { ...line, body: record.body, seconds, error });
  try {
    await options.holdMessage(record.receiptHandle, seconds);
  } catch (cause) {
    // The queue's own visibility time-out brings it back too, only later.
    log.error('message could not be held back', { ...line, error: cause });
  }
}

/** A message that no retry can help goes to the dead letters without much delay. */
function delaySeconds(record: SQSRecord, error: ImageDropError, random: number): number {
  if (!error.retryable) return 1;
  if (error.code === 'shutting-down') return 0;
  return retryDelaySeconds(Number(record.attributes.ApproximateReceiveCount), random, error.retryAfterSeconds);
}

/** The record, or the dropped object, that a message is about, as fields of a log line; nothing where it names neither. */
export function messageSubject(body: string): Readonly<Record<string, string>> {
  try {
    return subjectOf(JSON.parse(body));
  } catch {
    // The line that is written has the whole body, and says what is wrong with it.
    return {};
  }
}

function subjectOf(message: unknown): Readonly<Record<string, string>> {
  if (typeof message !== 'object' || message === null) return {};
  if ('record' in message && typeof message.record === 'string') return { record: message.record };
  const [event, ...others] = objectEvents(message) ?? [];
  if (event === undefined || others.length > 0) return {};
  const { bucket, key, versionId } = event;
  return { bucket, key, ...(versionId !== undefined && { dropId: versionId }) };
}
