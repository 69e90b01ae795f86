import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server } from 'node:http';

/** Node.js, "Diagnostics channel": built-in channels of http. */
const CHANNEL = 'http.server.request.start';

export interface Operations {
  /** How often what was asked: `S3 GET record`. */
  readonly counts: Readonly<Record<string, number>>;
  stop(): void;
}

/** The servers of this process, by their ports. */
export interface Watched {
  readonly s3: string;
  readonly statusBucket: string;
  /** SQS, SNS and Secrets Manager. */
  readonly gate: string;
  readonly cloud: string;
  /** Object storage of the cloud's own. */
  readonly obs?: string;
  /** Whose requests are not those of functions. */
  readonly operatorKey: string;
}

/** Counts what functions ask of the services that run in this process. */
export function countOperations(watched: Watched): Operations {
  const counts: Record<string, number> = {};
  const count = (message: unknown) => {
    const { request, server } = message as { request: IncomingMessage; server: Server };
    if (request.headers.authorization?.includes(`Credential=${watched.operatorKey}/`)) return;
    const name = nameOf(portOf(server), request, watched);
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
  };
  subscribe(CHANNEL, count);
  return { counts, stop: () => void unsubscribe(CHANNEL, count) };
}

function portOf(server: Server): string {
  const address = server.address();
  return address !== null && typeof address === 'object' ? String(address.port) : '';
}

function nameOf(port: string, request: IncomingMessage, watched: Watched): string | undefined {
  const { method = '', url = '', headers } = request;
  const is = (address: string | undefined) => address !== undefined && new URL(address).port === port;
  if (is(watched.s3)) return `S3 ${method} ${objectAt(url, watched.statusBucket)}`;
  if (is(watched.gate))
    return String(headers['x-amz-target'] ?? 'SNS.Publish').replace(/^.*?(SQS|SNS|secretsmanager)\.?/, '$1 ');
  if (is(watched.obs)) return `object storage ${method}`;
  if (is(watched.cloud))
    return `cloud ${method} ${url.replace(/\?.*/, '').replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}/g, '{id}')}`;
  return undefined;
}

function objectAt(url: string, statusBucket: string): string {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  if (searchParams.has('tagging')) return 'tags';
  if (!pathname.startsWith(`/${statusBucket}/`)) return 'object';
  return pathname.includes('/targets/') ? 'pause' : 'record';
}
