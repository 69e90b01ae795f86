import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { AUTHORITY, certificate } from '../support/certificates.ts';
import { rawDisk } from '../support/disk.ts';
import { startTlsProxy, type TlsProxy } from '../support/tls-proxy.ts';

const IMAGEDROP = join(import.meta.dirname, '../../bin/imagedrop.js');
const IMAGE = rawDisk();

/** A cloud without TLS, to be put behind it. */
export interface PlainCloud {
  /** Its entry in clouds.yaml, with a password. */
  readonly entry: { readonly auth: { readonly password: string } };
  /** Address of Keystone, with its version. */
  readonly authUrl: string;
  /** Address of the image service, without a version. */
  readonly imageUrl: string;
  imageFile(imageId: string): string;
  stop(): Promise<void>;
}

/** The same cloud, seen through TLS by clients that are set up differently, with its password in secure.yaml. */
async function writeClouds(folder: string, { entry }: PlainCloud, authUrl: string, imageUrl: string): Promise<void> {
  const { password, ...auth } = { ...entry.auth, auth_url: authUrl };
  // Its catalog has the addresses behind the proxy.
  const behindTls = { ...entry, auth, image_endpoint_override: imageUrl };
  const clouds = {
    trusting: { ...behindTls, cacert: 'private-ca.pem' },
    careless: { ...behindTls, verify: false },
    unprepared: behindTls,
  };
  const secure = Object.fromEntries(Object.keys(clouds).map((name) => [name, { auth: { password } }]));
  await writeFile(join(folder, 'clouds.yaml'), stringify({ clouds }));
  await writeFile(join(folder, 'secure.yaml'), stringify({ clouds: secure }));
}

async function drop(folder: string, osCloud: string) {
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

async function warnings(folder: string, osCloud: string): Promise<string[]> {
  const logs = join(folder, `.imagedrop/stacks/cloud-${osCloud}/logs`);
  const texts = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n')).filter((line) => line.includes('are not checked'));
}

/** Registers with jest what holds of any cloud behind a private certificate authority, by `imagedrop start`. */
export function tlsCases(startCloud: (folder: string) => Promise<PlainCloud>): void {
  let folder: string;
  let cloud: PlainCloud;
  let proxies: TlsProxy[] = [];
  let host: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagedrop-tls-'));
    cloud = await startCloud(join(folder, 'cloud'));
    const [identity, image] = [new URL(cloud.authUrl), new URL(cloud.imageUrl)];
    proxies = [];
    for (const { origin } of [identity, image]) proxies.push(await startTlsProxy(origin, certificate('localhost')));
    const [before = '', behind = ''] = proxies.map(({ url }) => url);
    host = new URL(before).host;
    await writeFile(join(folder, 'private-ca.pem'), AUTHORITY);
    await writeFile(join(folder, 'f.img'), IMAGE);
    await writeClouds(folder, cloud, before + identity.pathname, behind + image.pathname);
  });
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await cloud?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  test('takes images with cacert', async () => {
    const { record, err, code } = await drop(folder, 'trusting');
    expect(record).toMatchObject({ status: 'active', target: 'trusting', verification: { outcome: 'verified' } });
    expect(await readFile(cloud.imageFile(record.image.id))).toEqual(IMAGE);
    expect([code, err]).toEqual([0, '']);
    expect(await warnings(folder, 'trusting')).toEqual([]);
  });

  test('fails at once without cacert, and says which setting helps', async () => {
    const { record, code } = await drop(folder, 'unprepared');
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
    const { record, err } = await drop(folder, 'careless');
    expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
    const warning = 'The certificates of careless are not checked (verify: false)';
    expect(err.split(warning)).toHaveLength(2);
    const logged = (await warnings(folder, 'careless')).map((line) => JSON.parse(line));
    expect(logged.length).toBeGreaterThanOrEqual(3);
    for (const entry of logged)
      expect(entry).toMatchObject({ level: 'WARN', message: expect.stringContaining(warning) });
    const environments = logged.map(({ service }) => service);
    expect(new Set(environments).size).toBe(logged.length);
  });
}
