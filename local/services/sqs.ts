import type { IncomingHttpHeaders } from 'node:http';
import type { Access } from '../access/access.ts';
import { arn } from '../template/names.ts';
import { AwsFault, parseInput, requireAccess } from './aws-fault.ts';
import type { AwsAnswer, AwsRequest, AwsService } from './gate.ts';
import type { QueueEngine } from './queue-engine.ts';

const TARGET_PREFIX = 'AmazonSQS.';
const CONTENT_TYPE = 'application/x-amz-json-1.0';
/** Amazon SQS API reference, SendMessage, DelaySeconds. */
const MAX_DELAY_SECONDS = 900;

interface Entry {
  readonly Id?: string;
  readonly DelaySeconds?: number;
}

interface Input extends Entry {
  readonly QueueUrl?: string;
  readonly QueueName?: string;
  readonly Entries?: readonly Entry[];
}

/** SQS in its JSON protocol: checks what the role allows and what fauxqs does not check, and passes the rest on. */
export class SqsService implements AwsService {
  readonly signingName = 'sqs';
  readonly #engine: QueueEngine;
  readonly #access: Access;

  constructor(engine: QueueEngine, access: Access) {
    this.#engine = engine;
    this.#access = access;
  }

  recognizes(headers: IncomingHttpHeaders): boolean {
    return targetOf(headers).startsWith(TARGET_PREFIX);
  }

  async answer({ principal, headers, body }: AwsRequest): Promise<AwsAnswer> {
    const action = targetOf(headers).slice(TARGET_PREFIX.length);
    const input: Input = parseInput(body);
    // A batch needs the permission of its single form.
    requireAccess(this.#access, principal, `sqs:${action.replace(/Batch$/, '')}`, queueArn(input));
    if (input.DelaySeconds !== undefined) checkDelay(input.DelaySeconds);
    if (action === 'SendMessageBatch') return await this.#sendBatch(input);
    return await this.#forward(action, input);
  }

  fault({ code, message, status }: AwsFault): AwsAnswer {
    return {
      status,
      headers: { 'content-type': CONTENT_TYPE, 'x-amzn-query-error': `${code};Sender` },
      body: JSON.stringify({ __type: `com.amazon.coral.service#${code}Exception`, message }),
    };
  }

  /** An entry with a bad delay fails alone; the others are sent. */
  async #sendBatch(input: Input): Promise<AwsAnswer> {
    const entries = input.Entries ?? [];
    const failed = entries.flatMap((entry) => delayFailure(entry));
    const good = entries.filter(({ Id }) => !failed.some((failure) => failure.Id === Id));
    if (failed.length === 0) return await this.#forward('SendMessageBatch', input);
    if (good.length === 0) return json({ Successful: [], Failed: failed });
    const answer = await this.#forward('SendMessageBatch', { ...input, Entries: good });
    if (answer.status !== 200) return answer;
    const result = JSON.parse(answer.body) as { Failed?: unknown[] };
    return json({ ...result, Failed: [...(result.Failed ?? []), ...failed] });
  }

  async #forward(action: string, input: Input): Promise<AwsAnswer> {
    const headers = { 'content-type': CONTENT_TYPE, 'x-amz-target': TARGET_PREFIX + action };
    const answer = await this.#engine.request(headers, JSON.stringify(input));
    const queryError = answer.headers['x-amzn-query-error'];
    return {
      status: answer.status,
      headers: {
        'content-type': CONTENT_TYPE,
        ...(queryError === undefined ? {} : { 'x-amzn-query-error': String(queryError) }),
      },
      body: answer.body,
    };
  }
}

function targetOf(headers: IncomingHttpHeaders): string {
  return String(headers['x-amz-target'] ?? '');
}

/** Actions that concern no single queue are granted on all of them. */
function queueArn({ QueueUrl, QueueName }: Input): string {
  return arn('sqs', QueueUrl?.split('/').at(-1) ?? QueueName ?? '*');
}

function checkDelay(delaySeconds: number): void {
  if (delaySeconds >= 0 && delaySeconds <= MAX_DELAY_SECONDS) return;
  throw new AwsFault('InvalidParameterValue', delayMessage(delaySeconds));
}

function delayFailure({ Id, DelaySeconds = 0 }: Entry) {
  if (DelaySeconds >= 0 && DelaySeconds <= MAX_DELAY_SECONDS) return [];
  return [{ Id, SenderFault: true, Code: 'InvalidParameterValue', Message: delayMessage(DelaySeconds) }];
}

function delayMessage(delaySeconds: number): string {
  return (
    `Value ${delaySeconds} for parameter DelaySeconds is invalid. ` +
    `Reason: DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`
  );
}

function json(value: unknown): AwsAnswer {
  return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body: JSON.stringify(value) };
}
