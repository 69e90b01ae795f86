import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Access } from '../access/access.ts';
import { Bucket, type BucketSettings } from './bucket.ts';
import type { Service } from './call.ts';
import { exchange } from './exchange.ts';
import type { Notify } from './notifications.ts';
import { putSparse, type SparseObject } from './sparse-object.ts';
import { Sequencer } from './version-index.ts';

export type { BucketSettings } from './bucket.ts';
export type { BucketNotification, Notify } from './notifications.ts';
export type { SparseObject } from './sparse-object.ts';

export interface S3ServerOptions {
  /** Everything is kept below it; it is made where there is none. One server at a time may use it. */
  readonly folder: string;
  readonly buckets: readonly BucketSettings[];
  readonly access: Access;
  /** Takes the events that the buckets' notifications ask for. */
  readonly notify: Notify;
  /** @default 0, any free port */
  readonly port?: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Shown in events. Signatures of every region are taken. @default us-east-1 */
  readonly region?: string;
  readonly clock?: () => Date;
}

export interface S3Server {
  /** `http://127.0.0.1:9000` */
  readonly endpoint: string;
  /**
   * Puts an object of any size in no time, as if it had been uploaded; for the owner of the server, not for its clients.
   * @returns its version id
   */
  putSparse(object: SparseObject): Promise<string>;
  /** Cuts what is under way and returns when nothing touches the folder any more. */
  close(): Promise<void>;
}

/** S3 user guide, "General purpose bucket naming rules"; it also makes the name fit for a folder. */
const BUCKET_NAME = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** A key of 1,024 bytes is 3,072 characters when escaped, and metadata and session tokens come on top. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Longer than any SDK keeps an idle connection, so that none is closed under a request that is just being sent. */
const KEEP_ALIVE_MS = 75_000;

/**
 * Starts an S3 server whose objects are files in a folder.
 * @throws RangeError for a bucket name that S3 does not allow; EADDRINUSE and its like
 */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const service = await openService(options);
  const underWay = new Set<Promise<void>>();
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('date', service.clock().toUTCString());
    const done = exchange(request, response, service).finally(() => underWay.delete(done));
    underWay.add(done);
  };
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Images of many gigabytes may take their time.
    requestTimeout: 0,
  });
  server.on('request', listener).on('checkContinue', listener);
  const endpoint = await listen(server, options.host ?? '127.0.0.1', options.port ?? 0);
  return {
    endpoint,
    putSparse: (object) => putSparse(service, object),
    close: () => close(server, underWay),
  };
}

async function openService(options: S3ServerOptions): Promise<Service> {
  const { folder, access, notify, region = 'us-east-1', clock = () => new Date() } = options;
  const sequencer = new Sequencer(clock);
  const buckets = new Map<string, Bucket>();
  for (const settings of options.buckets) {
    if (!BUCKET_NAME.test(settings.name)) throw new RangeError(`"${settings.name}" is not a valid bucket name.`);
    const place = { folder: join(folder, settings.name), clock, sequencer };
    buckets.set(settings.name, await Bucket.open(settings, place));
  }
  return { buckets, access, region, clock, notify, sequencer };
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(`http://${host}:${(server.address() as AddressInfo).port}`);
    });
  });
}

async function close(server: Server, underWay: ReadonlySet<Promise<void>>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
  await Promise.all(underWay);
}
