import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { type Simulator, startSimulator } from '../../local/simulator/simulator.ts';
import { AUTHORITY, certificate } from '../support/certificates.ts';
import { rawDisk } from '../support/disk.ts';
import { startTlsProxy, type TlsProxy } from '../support/tls-proxy.ts';

jest.setTimeout(60_000);

const IMAGEDROP = join(import.meta.dirname, '../../bin/imagedrop.ts');
const IMAGE = rawDisk();

let folder: string;
let cloud: Simulator;
let proxy: TlsProxy;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-tls-'));
  cloud = await startSimulator({ folder: join(folder, 'cloud') });
  proxy = await startTlsProxy(cloud.url, certificate('localhost'));
  await writeFile(join(folder, 'private-ca.pem'), AUTHORITY);
  await writeFile(join(folder, 'f.img'), IMAGE);
  await writeClouds();
});
afterAll(async () => {
  await proxy.stop();
  await cloud.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** The simulator's own cloud, seen through TLS, with its password in secure.yaml. */
async function writeClouds(): Promise<void> {
  const { simulator } = parse(cloud.cloudsYaml()).clouds;
  const { password, ...auth } = { ...simulator.auth, auth_url: `${proxy.url}/identity/v3` };
  // Its catalog has the addresses behind the proxy.
  const behindTls = { ...simulator, auth, image_endpoint_override: `${proxy.url}/image` };
  const clouds = {
    trusting: { ...behindTls, cacert: 'private-ca.pem' },
    careless: { ...behindTls, verify: false },
    unprepared: behindTls,
  };
  const secure = Object.fromEntries(Object.keys(clouds).map((name) => [name, { auth: { password } }]));
  await writeFile(join(folder, 'clouds.yaml'), stringify({ clouds }));
  await writeFile(join(folder, 'secure.yaml'), stringify({ clouds: secure }));
}

async function drop(osCloud: string) {
  const { OS_CLIENT_CONFIG_FILE: _, OS_CLIENT_SECURE_FILE: __, ...environment } = process.env;
  const env = { ...environment, INIT_CWD: folder };
  const args = [IMAGEDROP, 'start', '--json', '--os-cloud', osCloud, 'f.img'];
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, code] = await Promise.all([
    child.stdout.toArray(),
    child.stderr.toArray(),
    new Promise((resolve) => child.once('close', resolve)),
  ]);
  return { record: JSON.parse(out.join(''))[0], err: err.join(''), code };
}

async function warnings(): Promise<string[]> {
  const logs = join(folder, '.imagedrop/stack/logs');
  const texts = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n')).filter((line) => line.includes('are not checked'));
}

describe('a cloud behind a private certificate authority', () => {
  test('takes images with cacert', async () => {
    const { record, err, code } = await drop('trusting');
    expect(record).toMatchObject({ status: 'active', target: 'trusting', verification: { outcome: 'verified' } });
    expect(await readFile(cloud.imageFile(record.image.id))).toEqual(IMAGE);
    expect([code, err]).toEqual([0, '']);
    expect(await warnings()).toEqual([]);
  });

  test('fails at once without cacert, and says which setting helps', async () => {
    const { record, code } = await drop('unprepared');
    const { host } = new URL(proxy.url);
    expect(record).toMatchObject({
      status: 'failed',
      error: {
        code: 'untrusted-certificate',
        retryable: false,
        message: expect.stringContaining(`The certificate of ${host} is signed by an authority that is not trusted`),
        nextStep: expect.stringContaining('cacert'),
      },
    });
    expect(code).toBe(1);
  });

  test('takes images with verify: false, warning on the terminal and in the log of each function', async () => {
    const { record, err } = await drop('careless');
    expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
    const warning = 'The certificates of careless are not checked (verify: false)';
    expect(err.split(warning)).toHaveLength(2);
    const logged = (await warnings()).map((line) => JSON.parse(line));
    expect(logged.length).toBeGreaterThanOrEqual(3);
    for (const entry of logged)
      expect(entry).toMatchObject({ level: 'WARN', message: expect.stringContaining(warning) });
    const environments = logged.map(({ service }) => service);
    expect(new Set(environments).size).toBe(logged.length);
  });
});
