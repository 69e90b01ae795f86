import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { OpenStackError } from './run-program.ts';

/**
 * Below the range that the system takes the ports of outgoing connections from (32768 on, on Linux): a service that is
 * down for a moment finds its port free again.
 */
const FIRST = 20_000;
const END = 32_768;

const ATTEMPTS = 100;

/** @throws OpenStackError when none is found */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST, END);
    if (await isFree(port)) return port;
  }
  throw new OpenStackError(`No free port was found between ${FIRST} and ${END} on 127.0.0.1.`);
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return false;
  } finally {
    server.close();
  }
}
