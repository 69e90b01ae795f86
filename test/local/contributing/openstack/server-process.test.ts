import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../../local/contributing/openstack/free-port.ts';
import type { ServerCommand } from '../../../../local/contributing/openstack/process-group.ts';
import { ServerProcess } from '../../../../local/contributing/openstack/server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A server with two workers that survive it, as those of Glance do. */
const SCRIPT = `
import { createServer } from 'node:http';
import { spawn } from 'node:child_process';
const [, script, port, worker] = process.argv;
if (worker) setInterval(() => undefined, 1000);
else {
  for (const name of ['a', 'b']) spawn(process.execPath, [script, port, name], { stdio: 'ignore' });
  createServer((_, response) => response.end('ok')).listen(Number(port), '127.0.0.1');
}
`;

const started: ServerProcess[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.kill();
});

async function commandIn(folder: string, script: string, givenPort?: number): Promise<ServerCommand> {
  const port = givenPort ?? (await freePort());
  const file = join(folder, 'server.mjs');
  writeFileSync(file, script);
  const url = `http://127.0.0.1:${port}`;
  const program = { program: process.execPath, args: [file, String(port)], environment: {} };
  return { name: 'Tester', ...program, mark: file, folder, port, address: url, health: { url } };
}

async function serverIn(folder: string, script = SCRIPT, givenPort?: number): Promise<ServerProcess> {
  const server = new ServerProcess(await commandIn(folder, script, givenPort));
  started.push(server);
  return server;
}

/** Has another process start the server, and kills that one. */
async function startedByTheKilled(command: ServerCommand, outlive: boolean): Promise<ServerProcess> {
  const script = `
    import { ServerProcess } from ${JSON.stringify(join(import.meta.dirname, '../../../../local/contributing/openstack/server-process.ts'))};
    await new ServerProcess(${JSON.stringify(command)}).start(${outlive});
    console.log('started');
    setInterval(() => undefined, 1000);`;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(starter.stdout, 'data');
  starter.kill('SIGKILL');
  await once(starter, 'exit');
  const server = new ServerProcess(command);
  started.push(server);
  return server;
}

/** It finds processes in /proc and ties them by setpriv, which Linux alone has. */
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a server', () => {
  test('is up once it is started, with its workers, and gone once it is stopped', async () => {
    const server = await serverIn(temporaryFolder());
    expect(await server.isUp()).toBe(false);
    await server.start(false);
    expect(await server.isUp()).toBe(true);
    expect(server.processIds).toHaveLength(3);
    await server.stop();
    expect(server.processIds).toEqual([]);
    expect(await server.isUp()).toBe(false);
  });

  test('is killed with its workers', async () => {
    const server = await serverIn(temporaryFolder());
    await server.start(false);
    await server.kill();
    expect(server.processIds).toEqual([]);
  });

  test('has the same port again at once', async () => {
    const server = await serverIn(temporaryFolder());
    for (let round = 0; round < 3; round += 1) {
      await server.start(false);
      await server.kill();
    }
    await server.start(false);
    expect(await server.isUp()).toBe(true);
  });

  test('ends with the process that started it, however that ends', async () => {
    const server = await startedByTheKilled(await commandIn(temporaryFolder(), SCRIPT), false);
    while (await server.isUp()) await setTimeout(20);
  });

  test('that is to outlive it goes on', async () => {
    const server = await startedByTheKilled(await commandIn(temporaryFolder(), SCRIPT), true);
    await setTimeout(200);
    expect(await server.isUp()).toBe(true);
  });

  test('with only its workers left is not up, and is restarted', async () => {
    const folder = temporaryFolder();
    const server = await serverIn(folder);
    await server.start(false);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    while (server.processIds.includes(pid)) await setTimeout(10);
    const left = server.processIds;
    expect(left).toHaveLength(2);
    expect(await server.isUp()).toBe(false);
    await server.start(false);
    expect(await server.isUp()).toBe(true);
    expect(server.processIds.filter((id) => left.includes(id))).toEqual([]);
  });

  test('whose process id was given to another program is not running, and that program is left alone', async () => {
    const folder = temporaryFolder();
    const server = await serverIn(folder);
    const other = spawn('sleep', ['60'], { detached: true });
    await once(other, 'spawn');
    writeFileSync(join(folder, 'pid'), `${other.pid}\n`);
    expect(server.processIds).toEqual([]);
    await server.kill();
    expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill();
  });

  test('that ends while it starts is an error with the end of its log', async () => {
    const server = await serverIn(temporaryFolder(), 'console.error("no such option"); process.exit(1);');
    await expect(server.start(false)).rejects.toThrow(/^Tester ended while it started.*\n.*no such option/s);
  });

  test('whose port another program has is an error that says so', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const server = await serverIn(temporaryFolder(), SCRIPT, port);
    await expect(server.start(false)).rejects.toThrow(
      `Tester needs the port ${port} of 127.0.0.1, and another program has taken it.`,
    );
    other.close();
  });

  test('without a port is up once the program that is to tell so agrees, in its folder', async () => {
    const folder = temporaryFolder();
    const script = `
      import { writeFileSync } from 'node:fs';
      setTimeout(() => writeFileSync('ready', ''), 300);
      setInterval(() => undefined, 1000);`;
    const { port: _, ...command } = await commandIn(folder, script);
    const health = { program: 'test', args: ['-e', 'ready'] };
    const server = new ServerProcess({ ...command, health });
    started.push(server);
    await server.start(false);
    expect(existsSync(join(folder, 'ready'))).toBe(true);
    rmSync(join(folder, 'ready'));
    expect(await server.isUp()).toBe(false);
  });

  test('whose program is missing is an error that names it', async () => {
    const folder = temporaryFolder();
    const command = { name: 'Tester', program: 'no-such-program', args: [], mark: folder, folder, environment: {} };
    const port = await freePort();
    const server = new ServerProcess({ ...command, port, address: '', health: { url: `http://127.0.0.1:${port}` } });
    await expect(server.start(true)).rejects.toThrow('no-such-program cannot be started');
  });
});
