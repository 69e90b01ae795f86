import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { Decide } from '../../local/contributing/faults/fault.ts';
import { FaultProxy } from '../../local/contributing/faults/fault-proxy.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { rawDisk } from '../support/disk.ts';
import { SAMPLES } from '../support/images/samples.ts';

const IMAGEDROP = join(import.meta.dirname, '../../bin/imagedrop.js');
const DISK_BYTES = 8 * 2 ** 20;

let folder: string;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-start-'));
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
  /** Resolves when the output has matched. */
  until(pattern: RegExp): Promise<string>;
}

function imagedrop(...args: string[]): Run {
  // As for somebody who works with a cloud in this shell.
  const env = { ...process.env, INIT_CWD: folder, OS_CLOUD: 'production', OS_CLIENT_CONFIG_FILE: '' };
  const child = spawn(process.execPath, [IMAGEDROP, ...args], { cwd: folder, env });
  running.add(child);
  let out = '';
  let err = '';
  const look = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    out += chunk;
    for (const each of look) each();
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, out, err });
    }),
  );
  const until = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const check = () => pattern.test(out) && resolve(out);
      look.add(check);
      check();
      ended.then(() => reject(new Error(`ended without ${pattern}: ${out}${err}`)));
    });
  return { child, ended, until };
}

async function file(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

test('imagedrop demo explains what happens to a good, a packed, a truncated and a wrong file', async () => {
  const { code, out } = await imagedrop('demo').ended;
  expect(out).toMatch(/^disk\.img +is image [\w-]+: the sha512 at the cloud matches the disk\.$/m);
  expect(out).toMatch(/^packed\.img\.gz +is image [\w-]+: the sha512 at the cloud matches the disk\.$/m);
  expect(out).toMatch(/^truncated\.qcow2 +was rejected \(truncated\): .+\.$/m);
  expect(out).toMatch(/^notes\.txt +was rejected \(not-a-disk-image\): .+\.$/m);
  expect(code).toBe(0);
});

describe('imagedrop start', () => {
  test('drops files, ends with a table and says by its exit code whether all are active', async () => {
    const qcow2 = SAMPLES.find(({ format }) => format === 'qcow2')?.bytes ?? Buffer.alloc(0);
    const run = imagedrop('start', await file('a.qcow2', qcow2), await file('notes.txt', Buffer.from('Not a disk.\n')));
    const { code, out } = await run.ended;
    expect(out).toMatch(/^a\.qcow2 {2}qcow2 v\d .* sha512 +\d+\.\d$/m);
    expect(out).toMatch(/^notes\.txt {2}failed {2}not-a-disk-image\n {4}.+\.\n {4}next {3}.+\.$/m);
    expect(code).toBe(1);
  });

  test('drops what speaks of an image before the image, and waits for images alone', async () => {
    const image = await file('said.img', rawDisk());
    const sidecar = await file('said.img.yaml', Buffer.from('name: MetadataSources beforehand\n'));
    const { code, out } = await imagedrop('start', '--json', image, sidecar).ended;
    expect(JSON.parse(out)).toMatchObject([{ status: 'active', sent: { name: 'MetadataSources beforehand' } }]);
    expect(code).toBe(0);
  });

  test('takes the checksum files along that name an image, for the stack to compare', async () => {
    const [good, bad] = [await file('good.img', rawDisk()), await file('bad.img', rawDisk(4096, 9))];
    const sha256 = createHash('sha256').update(rawDisk()).digest('hex');
    await file('SHA256SUMS', Buffer.from(`${sha256}  good.img\n${sha256}  bad.img\n`));
    const { code, out } = await imagedrop('start', '--json', good, bad).ended;
    expect(JSON.parse(out)).toMatchObject([
      { status: 'active', publisher: { checksum: { from: 'SHA256SUMS', agrees: true } } },
      { status: 'failed', error: { code: 'checksum-mismatch' } },
    ]);
    expect(code).toBe(1);
  });

  test('prints the records with --json, goes on in the same folder, and leaves the cloud of OS_CLOUD alone', async () => {
    const path = await file('f.img', rawDisk());
    for (const _ of ['first', 'second']) {
      const { code, out, err } = await imagedrop('start', '--json', path).ended;
      expect(JSON.parse(out)).toMatchObject([{ status: 'active', target: 'simulator', found: { format: 'raw' } }]);
      expect(err).toContain('Drops go to the simulator, not to production (OS_CLOUD)');
      expect(code).toBe(0);
    }
  });

  test('sends to IMS with --kind ims, what Glance would not take too', async () => {
    const qed = SAMPLES.find(({ format }) => format === 'qed')?.bytes ?? Buffer.alloc(0);
    const { code, out } = await imagedrop('start', '--json', '--kind', 'ims', await file('old.qed', qed)).ended;
    expect(JSON.parse(out)).toMatchObject([{ status: 'active', target: 'simulator-ims', sent: { diskFormat: 'vhd' } }]);
    expect(code).toBe(0);
  });

  test("sends to a cloud of the user's own clouds.yaml with --os-cloud, and no drop of the simulator", async () => {
    expect(await imagedrop('start', '--json', await file('simulated.img', rawDisk())).ended).toMatchObject({ code: 0 });
    const cloud = await startSimulator({ folder: join(folder, 'cloud') });
    try {
      await file('clouds.yaml', Buffer.from(cloud.cloudsYaml()));
      const path = await file('f.img', rawDisk());
      const { out } = await imagedrop('start', '--json', '--os-cloud', 'simulator-application-credential', path).ended;
      const [record] = JSON.parse(out);
      expect(record).toMatchObject({ status: 'active', target: 'simulator-application-credential' });
      const stored = cloud.imageFile(record.image.id);
      expect(await readFile(stored)).toEqual(rawDisk());
      expect(await readdir(dirname(stored))).toEqual([basename(stored)]);
    } finally {
      await cloud.close();
    }
  });

  test('goes on after Ctrl-C in the middle of an upload, to one image', async () => {
    const cloud = await startSimulator({ folder: join(folder, 'cloud') });
    let uploads = 0;
    // The first upload never ends, however fast the machine is.
    const decide: Decide = ({ method, url }) =>
      method === 'PUT' && url.endsWith('/file') && ++uploads === 1 ? { how: 'hang', milliseconds: 600_000 } : undefined;
    const proxy = await FaultProxy.listen({ target: cloud.url, decide });
    try {
      const { simulator } = parse(cloud.cloudsYaml()).clouds;
      const slow = { ...simulator, image_endpoint_override: `${proxy.url}/image/v2` };
      await file('clouds.yaml', Buffer.from(stringify({ clouds: { slow } })));
      const first = imagedrop('start', '--os-cloud', 'slow', await file('big.img', rawDisk(DISK_BYTES)));
      await first.until(/uploading .* \d+ %/);
      first.child.kill('SIGINT');
      expect(await first.ended).toMatchObject({ code: 130, err: expect.stringContaining('Interrupted') });
      const second = imagedrop('start', '--os-cloud', 'slow');
      await second.until(/big\.img {2}active/);
      second.child.kill('SIGINT');
      expect((await second.ended).code).toBe(0);
      const images = join(folder, 'cloud/glance/images');
      const [name, ...others] = await readdir(images);
      expect(others).toEqual([]);
      const image = JSON.parse(await readFile(join(images, name ?? ''), 'utf8'));
      expect(image).toMatchObject({ status: 'active', size: DISK_BYTES });
      expect(uploads).toBe(2);
    } finally {
      await proxy.close();
      await cloud.close();
    }
  });

  test.each(['clouds.yaml', 'running.json'])('ends with an exit code when %s cannot be written', async (name) => {
    await mkdir(join(folder, '.imagedrop', name, 'in-the-way'), { recursive: true });
    const { code, err } = await imagedrop('start').ended;
    expect(err).toContain(join(folder, '.imagedrop', name));
    expect(code).toBe(1);
  });

  test('names the folder that it cannot write to', async () => {
    await file('.imagedrop', Buffer.alloc(0));
    const { code, err } = await imagedrop('start').ended;
    expect(err).toMatch(
      /^imagedrop: The state of the stack cannot be written to .+\.imagedrop: .+ Run the command in a folder/m,
    );
    expect(code).toBe(1);
  });

  test('drops into the stack that runs in the folder, and says where it sends to', async () => {
    const first = imagedrop('start');
    await first.until(/Ctrl-C ends\./);
    const second = await imagedrop('start', await file('second.img', rawDisk(DISK_BYTES))).ended;
    expect(second.out).toMatch(/^A stack runs in this folder: the files are dropped there\.$/m);
    expect(second.out).toMatch(/^second\.img +raw .*sha512/m);
    expect(second.code).toBe(0);
    const other = await imagedrop('start', '--kind', 'ims', join(folder, 'second.img')).ended;
    expect(other.err).toContain('The stack that runs in this folder sends to simulator, not to simulator-ims.');
    expect(other.code).toBe(2);
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
  });

  test('refuses a second stack in the same folder', async () => {
    const first = imagedrop('start');
    const out = await first.until(/Ctrl-C ends\./);
    expect(out).toMatch(/^ {2}aws s3 cp FILE s3:\/\/\S+\/$/m);
    expect(out).not.toContain('AWS_');
    const env = join(folder, '.imagedrop/env');
    expect((await stat(env)).mode & 0o777).toBe(0o600);
    const sourced = 'echo "$AWS_ENDPOINT_URL_S3 $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_DEFAULT_REGION"';
    const { stdout } = await promisify(execFile)('sh', ['-c', `. .imagedrop/env && ${sourced}`], { cwd: folder });
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+ \S+ \S+ us-east-1\n$/);
    const { code, err } = await imagedrop('start').ended;
    expect(err).toContain('is running in');
    expect(code).toBe(1);
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
  });

  test.each([
    [['start', 'no-such.img'], 'There is no file no-such.img.'],
    [['start', '.'], '. is not a file.'],
    [['start', '--kind', 'nova'], '--kind is one of glance, ims, not nova.'],
    [['start', '--fast'], "Unknown option '--fast'"],
    [['begin'], 'Unknown command: "begin".'],
    [['start', '--os-cloud', 'nowhere'], 'clouds.yaml'],
  ])('%j is wrong use: exit 2', async (args, message) => {
    const { code, err } = await imagedrop(...args).ended;
    expect(err).toContain(message);
    expect(err).not.toContain('    at ');
    expect(code).toBe(2);
  });

  test('explains itself', async () => {
    const { code, out } = await imagedrop('start', '--help').ended;
    expect(out).toContain('npm start -- FILE…');
    expect(code).toBe(0);
  });
});
