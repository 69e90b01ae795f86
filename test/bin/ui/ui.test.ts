import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { STATE_FOLDER } from '../../../bin/stack/local.ts';
import { uiOptions } from '../../../bin/ui/options.ts';
import { eventually } from '../../local/stack-fixture.ts';
import { PageClient, startUiFixture, type UiFixture } from './ui-stack.ts';

const IMAGEDROP = join(import.meta.dirname, '../../../bin/imagedrop.js');

describe('the options of `imagedrop ui`', () => {
  test('are any port and an open browser unless it is set otherwise', () => {
    expect(uiOptions({})).toEqual({ port: 0, open: true, json: false });
    expect(uiOptions({ port: '8400', 'no-open': true, json: true })).toEqual({ port: 8400, open: false, json: true });
  });

  test.each(['65536', 'x', '-1', ''])('port %j is wrong use', (port) => {
    expect(() => uiOptions({ port })).toThrow(`--port is a number up to 65535, not ${JSON.stringify(port)}.`);
  });
});

describe('imagedrop ui', () => {
  let folder: string;
  let fixture: UiFixture;
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    fixture = await startUiFixture();
    folder = await mkdtemp(join(tmpdir(), 'imagedrop-ui-'));
    await mkdir(join(folder, STATE_FOLDER));
    const { dropBucket, statusBucket, ingestQueueUrl } = fixture.stack;
    const outputs = { DropBucketName: dropBucket, StatusBucketName: statusBucket, IngestQueueUrl: ingestQueueUrl };
    const running = { environment: fixture.environment, outputs };
    await writeFile(join(folder, STATE_FOLDER, 'running.json'), JSON.stringify(running));
    // In place of the program that opens a browser: it notes what it was told.
    const opener = join(folder, 'xdg-open');
    await writeFile(opener, `#!/bin/sh\nprintf '%s' "$*" > "${join(folder, 'opened')}"\n`);
    await chmod(opener, 0o755);
  });
  afterEach(() => {
    child?.kill('SIGKILL');
  });
  afterAll(async () => {
    await fixture?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  interface Run {
    readonly url: string;
    readonly ended: Promise<number | null>;
    /** What it has said to the user besides. */
    complaints(): string;
  }

  async function run(...args: string[]): Promise<Run> {
    const env = { ...process.env, INIT_CWD: folder, PATH: `${folder}:${process.env.PATH}` };
    const started = spawn(process.execPath, [IMAGEDROP, 'ui', '--json', ...args], { cwd: folder, env });
    child = started;
    let [out, err] = ['', ''];
    started.stdout.on('data', (chunk) => {
      out += chunk;
    });
    started.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const ended = new Promise<number | null>((resolve) => started.on('close', resolve));
    await Promise.race([
      eventually(() => out.includes('\n')),
      ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${err}`))),
    ]);
    return { url: JSON.parse(out).url, ended, complaints: () => err };
  }

  test('serves the page of the stack that runs here, until it is interrupted', async () => {
    const { url, ended, complaints } = await run('--no-open');
    const { origin, hash } = new URL(url);
    const page = await PageClient.open({ origin, token: hash.slice('#token='.length) });
    expect(await page.json('GET', '/api/stack')).toEqual({
      name: 'this machine',
      dropBucket: fixture.stack.dropBucket,
    });
    expect((await fetch(new URL('/ui/page/main.ts', origin))).status).toBe(200);
    child?.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(complaints()).toBe('');
  });

  // What opens a browser is another program on other systems.
  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('hands the secret address to the browser in a file of the owner, not in a command line', async () => {
    const { url, ended } = await run();
    const opened = () => readFile(join(folder, 'opened'), 'utf8').catch(() => '');
    await eventually(async () => (await opened()).startsWith('file://'));
    const file = new URL(await opened());
    expect(file.href).not.toContain(new URL(url).hash.slice(1));
    expect(await readFile(file, 'utf8')).toContain(`url=${url}"`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    // It is of no use any more when the browser is there.
    const { origin, hash } = new URL(url);
    await PageClient.open({ origin, token: hash.slice('#token='.length) });
    await eventually(async () => (await stat(file).catch(() => undefined)) === undefined);
    child?.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
