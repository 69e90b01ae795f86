import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startUiServer, type UiServer } from '../../../bin/ui/server.ts';
import type { UiStack } from '../../../bin/ui/stack.ts';
import { recordKey } from '../../../lambda/model/drop.ts';
import type { DropRecord } from '../../../lambda/model/record.ts';
import { type RecordDraft, receive } from '../../../lambda/model/record-changes.ts';
import { queue } from '../../local/assembly-fixture.ts';
import { startFixture } from '../../local/stack-fixture.ts';

const versioned = { VersioningConfiguration: { Status: 'Enabled' } };
const bucket = (properties: object = {}) => ({ Type: 'AWS::S3::Bucket', Properties: { ...versioned, ...properties } });
const TEMPLATE = {
  Resources: { Drops: bucket(), Records: bucket(), Ingest: queue() },
  Outputs: {
    Drops: { Value: { Ref: 'Drops' } },
    Records: { Value: { Ref: 'Records' } },
    Ingest: { Value: { Ref: 'Ingest' } },
  },
};

/** The server of the page, at a stack of two buckets and a queue, without functions: nothing happens by itself. */
export interface UiFixture {
  readonly server: UiServer;
  readonly stack: UiStack;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly token: string;
  /** By which another process finds the stack. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the presigned URLs. */
  readonly s3Origin: string;
  /** The next message in the ingest queue. */
  message(): Promise<unknown>;
  addRecord(record: RecordDraft): Promise<string>;
  stop(): Promise<void>;
}

export async function startUiFixture(): Promise<UiFixture> {
  const { stack: embedded, sqs, receive: receiveFrom, stop } = await startFixture({ template: TEMPLATE });
  const credentials = { ...embedded.operator };
  const s3 = new S3Client({ endpoint: embedded.endpoints.s3, region: 'us-east-1', credentials });
  const { Drops: dropBucket = '', Records: statusBucket = '', Ingest: ingestQueueUrl = '' } = embedded.outputs;
  const stack = { name: 'Fixture', s3, sqs, dropBucket, statusBucket, ingestQueueUrl };
  const server = await startUiServer(stack, 0);
  const { origin, hash } = new URL(server.url);
  return {
    ...{
      server,
      stack,
      origin,
      token: hash.slice('#token='.length),
      s3Origin: embedded.endpoints.s3,
      environment: embedded.environment(),
    },
    message: async () => JSON.parse((await receiveFrom('Ingest'))?.Body ?? 'null'),
    async addRecord(draft) {
      const Key = recordKey(draft.drop, draft.target);
      const Body = JSON.stringify({ ...draft, revision: 1, nonce: 'n' });
      await s3.send(new PutObjectCommand({ Bucket: statusBucket, Key, Body }));
      return Key;
    },
    async stop() {
      await server.close();
      s3.destroy();
      await stop();
    },
  };
}

const AT = new Date('2026-01-02T03:04:05.000Z');

export function receivedRecord(key: string, more: Partial<DropRecord['drop']> = {}): RecordDraft {
  const drop = { bucket: 'drops', key, id: 'v1', versionId: 'v1', etag: 'e', size: 1536, droppedAt: AT.toISOString() };
  return receive({ ...drop, ...more }, 'mycloud', AT);
}

/** A page with a session: what its scripts would send. */
export class PageClient {
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(origin: string, headers: Readonly<Record<string, string>>) {
    this.#origin = origin;
    this.#headers = headers;
  }

  static async open({ origin, token }: Pick<UiFixture, 'origin' | 'token'>): Promise<PageClient> {
    const answer = await new PageClient(origin, {}).ask('POST', '/api/session', { token });
    const { key } = await documentOf(answer);
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    return new PageClient(origin, { cookie, 'x-imagedrop-key': key });
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  ask(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.#origin}${path}`, {
      method,
      headers: { origin: this.#origin, 'content-type': 'application/json', ...this.#headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** Of an answer that is expected to be good. */
  async json(method: string, path: string, body?: unknown) {
    const answer = await this.ask(method, path, body);
    const document = await documentOf(answer);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(document)}`);
    return document;
  }
}

/** What an answer says, as JSON. */
export const documentOf = async (answer: Response) => JSON.parse(await answer.text());
