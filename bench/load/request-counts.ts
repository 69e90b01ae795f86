import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server } from 'node:http';

/** Node.js, "Diagnostics channel": built-in channels of http. */
const CHANNEL = 'http.server.request.start';

export interface RequestCounts {
  /** By service and method: `S3 GET`. */
  readonly counts: Readonly<Record<string, number>>;
  stop(): void;
}

/**
 * Counts the requests that servers of this process take.
 * @param services addresses by the name of a service; other servers are left alone
 */
export function countRequests(services: Readonly<Record<string, string>>): RequestCounts {
  const names = new Map(Object.entries(services).map(([name, url]) => [Number(new URL(url).port), name]));
  const counts: Record<string, number> = {};
  const count = (message: unknown) => {
    const { request, server } = message as { request: IncomingMessage; server: Server };
    const address = server.address();
    const name = address !== null && typeof address === 'object' ? names.get(address.port) : undefined;
    if (name === undefined) return;
    const kind = `${name} ${request.method}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  subscribe(CHANNEL, count);
  return { counts, stop: () => void unsubscribe(CHANNEL, count) };
}
