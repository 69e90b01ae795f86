import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../lambda/adapters/sqs-queue.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { askForRetry } from '../../lambda/steps/record-message.ts';
import { checksOf } from './checks.ts';
import { openFeed } from './feed.ts';
import { RecordIndex, type RecordSource, recordSource } from './record-index.ts';
import { RecordWatch } from './record-watch.ts';
import { countIn, jsonBody, replyJson, textIn } from './reply.ts';
import { type UiStack, withoutChecksums } from './stack.ts';
import { UiError } from './ui-error.ts';
import { passThrough, Uploads } from './uploads.ts';

export interface ApiRequest {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** What the pattern of the path has caught. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

type Operation = (request: ApiRequest) => Promise<void> | void;
/** Method and path, and what they ask for. */
type Route = readonly [method: string, path: RegExp, operation: Operation];

/** What the page asks of the stack. */
export class Api {
  readonly uploads: Uploads;
  readonly #stack: UiStack;
  readonly #records: RecordSource;
  readonly #index: RecordIndex;
  readonly #watch: RecordWatch;
  readonly #epoch = randomBytes(6).toString('hex');
  readonly #routes: readonly Route[] = [
    ['GET', /^\/api\/stack$/, ({ response }) => this.#describe(response)],
    ['GET', /^\/api\/feed$/, (request) => this.#feed(request)],
    ['GET', /^\/api\/record$/, (request) => this.#record(request)],
    ['GET', /^\/api\/checks$/, (request) => this.#checks(request)],
    ['POST', /^\/api\/retries$/, (request) => this.#retry(request)],
    ['POST', /^\/api\/uploads$/, (request) => this.#beginUpload(request)],
    ['GET', /^\/api\/uploads\/([\w-]+)\/parts\/(\d{1,5})$/, (request) => this.#partUrl(request)],
    ['PUT', /^\/api\/uploads\/([\w-]+)\/parts\/(\d{1,5})$/, (request) => this.#part(request)],
    ['POST', /^\/api\/uploads\/([\w-]+)\/complete$/, (request) => this.#completeUpload(request)],
    ['DELETE', /^\/api\/uploads\/([\w-]+)$/, (request) => this.#abortUpload(request)],
  ];

  constructor(stack: UiStack) {
    this.#stack = stack;
    this.#records = recordSource(stack.s3, stack.statusBucket);
    this.#index = new RecordIndex(this.#records);
    this.#watch = new RecordWatch(this.#index);
    this.uploads = new Uploads(withoutChecksums(stack.s3), stack.dropBucket);
  }

  /** @throws UiError, or what the stack has thrown */
  async answer(incoming: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    for (const [method, pattern, operation] of this.#routes) {
      const match = method === incoming.method ? pattern.exec(url.pathname) : null;
      if (match === null) continue;
      return operation({ incoming, response, path: match.slice(1), query: url.searchParams });
    }
    throw new UiError(404, 'not-found', `There is no ${incoming.method} ${url.pathname}.`);
  }

  /** Ends what would continue automatically. @returns what could not be ended */
  async stop(): Promise<readonly unknown[]> {
    await this.#watch.stop();
    return this.uploads.abortAll();
  }

  #describe(response: ServerResponse): void {
    const { name, dropBucket } = this.#stack;
    replyJson(response, 200, { name, dropBucket });
  }

  #feed({ response, query }: ApiRequest): void {
    const parts = { index: this.#index, watch: this.#watch, epoch: this.#epoch };
    openFeed(response, query.get('after') ?? '', parts);
  }

  async #record({ response, query }: ApiRequest): Promise<void> {
    replyJson(response, 200, await this.#load(query.get('key') ?? ''));
  }

  async #checks({ response, query }: ApiRequest): Promise<void> {
    replyJson(response, 200, await checksOf(this.#stack.s3, await this.#load(query.get('key') ?? '')));
  }

  async #retry({ incoming, response }: ApiRequest): Promise<void> {
    const key = textIn(await jsonBody(incoming), 'record');
    await retryDrop(key, await this.#load(key), this.#stack);
    this.#watch.hurry();
    replyJson(response, 202, {});
  }

  async #beginUpload({ incoming, response }: ApiRequest): Promise<void> {
    const body = await jsonBody(incoming);
    replyJson(response, 201, await this.uploads.begin(textIn(body, 'key'), countIn(body, 'size')));
  }

  async #partUrl({ response, path: [id = '', part] }: ApiRequest): Promise<void> {
    replyJson(response, 200, { url: await this.uploads.partUrl(id, Number(part)) });
  }

  async #part({ incoming, response, path: [id = '', part] }: ApiRequest): Promise<void> {
    await passThrough(incoming, await this.uploads.partUrl(id, Number(part)));
    replyJson(response, 200, {});
  }

  async #completeUpload({ response, path: [id = ''] }: ApiRequest): Promise<void> {
    const completed = await this.uploads.complete(id);
    this.#watch.hurry();
    replyJson(response, 200, completed);
  }

  async #abortUpload({ response, path: [id = ''] }: ApiRequest): Promise<void> {
    await this.uploads.abort(id);
    replyJson(response, 200, {});
  }

  async #load(key: string): Promise<DropRecord> {
    const record = key === '' ? undefined : await this.#records.load(key);
    if (record === undefined) throw new UiError(404, 'no-such-record', `There is no record ${JSON.stringify(key)}.`);
    return record;
  }
}

/** Brings a failed drop back from the start. @throws UiError where it has not failed */
async function retryDrop(key: string, record: DropRecord, { sqs, ingestQueueUrl }: UiStack): Promise<void> {
  if (record.status !== 'failed') {
    throw new UiError(409, 'not-failed', `The drop is ${record.status}: only one that has failed can begin again.`);
  }
  const MessageBody = asciiJson(askForRetry({ key, record }));
  await sqs.send(new SendMessageCommand({ QueueUrl: ingestQueueUrl, MessageBody }));
}
