import { mkdtemp, rm } from 'node:fs/promises';
import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { Access, Principal } from '../../../../local/access/access.ts';
import { type S3Server, type S3ServerOptions, startS3Server } from '../../../../local/s3/server.ts';
import { canonicalQuery, sha256, sign, type Unsigned } from './signer.ts';

export const OPERATOR: Principal = {
  name: 'operator',
  accessKeyId: 'AKIAOPERATOR',
  secretAccessKey: 'the secret of the operator',
};
/** May do only what a test lets it. */
export const ROLE: Principal = { name: 'Role', accessKeyId: 'AKIAROLE', secretAccessKey: 'the secret of the role' };

export const VERSIONED = 'versioned';
export const PLAIN = 'plain';

export interface LocalS3 {
  readonly server: S3Server;
  readonly folder: string;
  readonly s3: S3Client;
  client(config?: S3ClientConfig): S3Client;
  /** Lets ROLE do these actions, on everything, and nothing else. */
  grant(...actions: string[]): void;
  /** What ROLE asked for: `action resource`. */
  readonly asked: string[];
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface LocalS3Options {
  readonly buckets?: S3ServerOptions['buckets'];
  readonly notify?: S3ServerOptions['notify'];
  readonly clock?: () => Date;
}

/** The SDK warns on the console of refusals that a test has asked for. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {
  // Nothing to be told.
}

const BUCKETS = [
  { name: VERSIONED, versioned: true, notifications: [] },
  { name: PLAIN, versioned: false, notifications: [] },
];

export async function startLocalS3(options: LocalS3Options = {}): Promise<LocalS3> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedrop-s3-'));
  const granted = new Set<string>();
  const asked: string[] = [];
  const access: Access = {
    principal: (id) => [OPERATOR, ROLE].find(({ accessKeyId }) => accessKeyId === id),
    allows: (principal, action, resource) => {
      if (principal === OPERATOR) return true;
      asked.push(`${action} ${resource}`);
      return granted.has(action);
    },
  };
  const clients: S3Client[] = [];
  const start = (port: number) =>
    startS3Server({ folder, buckets: BUCKETS, notify: () => undefined, ...options, access, port });
  let server = await start(0);
  const client = (config: S3ClientConfig = {}) => {
    const made = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: OPERATOR,
      logger: SILENT,
      ...config,
    });
    clients.push(made);
    return made;
  };
  return {
    get server() {
      return server;
    },
    folder,
    s3: client(),
    client,
    grant: (...actions) => {
      granted.clear();
      for (const action of actions) granted.add(action);
      asked.length = 0;
    },
    asked,
    restart: async () => {
      await server.close();
      server = await start(Number(new URL(server.endpoint).port));
    },
    stop: async () => {
      for (const it of clients) it.destroy();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** A request as it stands: nothing about its path is touched. */
export function send(
  endpoint: string,
  { method, path, query, headers }: Unsigned,
  body: string | Buffer = '',
  agent: Agent | false = false,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(endpoint);
  const search = query === undefined ? '' : `?${canonicalQuery(query)}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: hostname, port, method, path: path + search, headers, agent });
    request.on('error', reject);
    request.on('response', async (response) => {
      const bytes = await buffer(response);
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: bytes,
        text: bytes.toString(),
      });
    });
    request.end(body);
  });
}

/** As `send`, signed by the operator with the hash of the body. */
export function sendSigned(
  endpoint: string,
  request: Omit<Unsigned, 'headers'> & { headers?: Record<string, string>; principal?: Principal; now?: Date },
  body: string | Buffer = '',
): Promise<RawAnswer> {
  const { principal = OPERATOR, now = new Date(), headers = {} } = request;
  const unsigned = { ...request, headers: { host: new URL(endpoint).host, ...headers } };
  const signed = sign(unsigned, { principal, now, payloadHash: sha256(body) });
  return send(endpoint, { ...request, headers: signed.headers }, body);
}

/** The code in an error document. */
export function codeOf({ text }: RawAnswer): string | undefined {
  return /<Code>(.*?)<\/Code>/.exec(text)?.[1];
}

/** Status and error code that the SDK got, for `expect(...).rejects.toMatchObject`. */
export function refusal(name: string, status: number) {
  return { name, $metadata: { httpStatusCode: status } };
}
