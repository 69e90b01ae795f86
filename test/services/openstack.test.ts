import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const COMMAND = join(import.meta.dirname, '../../bin/openstack.ts');

let folder: string;
let workingFolder: string;
let state: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-openstack-'));
  // Longer than a socket's path may be, with what shells, addresses and settings give a meaning to.
  workingFolder = join(folder, ` it's "a" (&) [b] {c}: d=e,f*|<g>!~^@+\`ä ${'long'.repeat(25)}`);
  await mkdir(workingFolder);
  state = join(workingFolder, '.openstack');
});
afterAll(async () => {
  await command('down', '--purge');
  await rm(folder, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly out: string;
}

/** `npm run openstack -- …`, in a folder of its own. */
function command(...args: string[]): Promise<Outcome> {
  const { INIT_CWD: _, ...environment } = process.env;
  return run(process.execPath, [COMMAND, ...args], environment);
}

/** OpenStack's own command line, which knows nothing but clouds.yaml. */
function openstack(cloud: string, ...args: string[]): Promise<Outcome> {
  const environment = { PATH: process.env.PATH, HOME: folder, OS_CLIENT_CONFIG_FILE: join(state, 'clouds.yaml') };
  return run('openstack', ['--os-cloud', cloud, ...args], environment);
}

function run(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: workingFolder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk));
    child.on('error', reject).on('close', (code) => resolve({ code: code ?? -1, out }));
  });
}

/** The command lines of all processes that have to do with the folder. */
function processes(): Promise<string[]> {
  return new Promise((resolve, reject) =>
    execFile('ps', ['-eo', 'args'], (error, stdout) =>
      error === null ? resolve(stdout.split('\n').filter((line) => line.includes(state))) : reject(error),
    ),
  );
}

const STOPPED = 'Glance has stopped.\nKeystone has stopped.\nMariaDB has stopped.\n';

const addresses = (out: string) => out.match(/http:\/\/127\.0\.0\.1:\d+/g);
const processIds = (out: string) => out.match(/\(process.*\)/g);

test('up starts all of it, and that goes on when it has ended', async () => {
  const { code, out } = await command('up');
  expect(out).toContain(`OS_CLIENT_CONFIG_FILE=${join(state, 'clouds.yaml')} npm start -- --os-cloud openstack`);
  expect(code).toBe(0);
  const status = await command('status');
  const [mariaDb, ...others] = status.out.trimEnd().split('\n');
  expect(mariaDb).toMatch(/^MariaDB .*\/mariadb\.sock +runs \(process \d+\)$/);
  const three = /http:\/\/127\.0\.0\.1:\d+.* runs \(processes \d+, \d+, \d+\)$/;
  expect(others).toEqual([expect.stringMatching(three), expect.stringMatching(three)]);
  expect(status.code).toBe(0);
});

test('a second up finds them running and leaves them alone', async () => {
  const before = await command('status');
  const { code, out } = await command('up');
  expect(out).toContain('They ran already.');
  expect(processIds(out)).toEqual(processIds(before.out));
  expect(code).toBe(0);
});

test('clouds.yaml, which holds passwords, is for its owner only', async () => {
  expect((await stat(join(state, 'clouds.yaml'))).mode & 0o777).toBe(0o600);
});

test.each(['openstack', 'openstack-application-credential', 'openstack-admin'])(
  'the command line of OpenStack lists images as %s',
  async (cloud) => {
    expect(await openstack(cloud, 'image', 'list', '-f', 'json')).toEqual({ code: 0, out: '[]\n' });
  },
);

test('an image goes in and comes out again, also after down and up', async () => {
  const [sent, received] = [join(folder, 'sent'), join(folder, 'received')];
  await writeFile(sent, randomBytes(3 * 2 ** 20 + 1));
  const made = await openstack('openstack', 'image', 'create', '--disk-format', 'raw', '--file', sent, 'round-trip');
  expect(made).toMatchObject({ code: 0 });
  const before = await command('status');
  expect(await command('down')).toEqual({ code: 0, out: STOPPED });
  expect(await command('status')).toMatchObject({ code: 1, out: expect.stringMatching(/^(.* does not run\n){3}$/) });
  expect(await processes()).toEqual([]);
  const { out } = await command('up');
  expect(addresses(out)).toEqual(addresses(before.out));
  const saved = await openstack('openstack', 'image', 'save', '--file', received, 'round-trip');
  expect(saved).toMatchObject({ code: 0 });
  expect((await readFile(received)).equals(await readFile(sent))).toBe(true);
});

test('up fixes what is half dead', async () => {
  const pid = Number(await readFile(join(state, 'glance/pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  expect(await command('status')).toMatchObject({ code: 1, out: expect.stringContaining('is broken (processes') });
  expect(await command('up')).toMatchObject({ code: 0 });
  expect(await command('status')).toMatchObject({ code: 0, out: expect.not.stringContaining(`(processes ${pid},`) });
});

test.each(['SIGKILL', 'SIGSTOP'])('up repairs a database that has got %s, under running services', async (signal) => {
  const pid = Number(await readFile(join(state, 'mariadb/pid'), 'utf8'));
  process.kill(pid, signal);
  expect(await command('status')).toMatchObject({ code: 1 });
  expect(await command('up')).toMatchObject({ code: 0 });
  expect(await command('status')).toMatchObject({ code: 0, out: expect.not.stringContaining(`(process ${pid})`) });
  const { code, out } = await openstack('openstack', 'image', 'list', '-f', 'value', '-c', 'Name');
  expect({ code, out }).toEqual({ code: 0, out: 'round-trip\n' });
});

test('down with --purge leaves nothing, neither processes nor files', async () => {
  expect(await command('down', '--purge')).toMatchObject({ code: 0 });
  expect(await processes()).toEqual([]);
  expect(existsSync(state)).toBe(false);
});
