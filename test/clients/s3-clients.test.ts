import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { type LocalS3, OPERATOR, PLAIN, startLocalS3, VERSIONED } from '../local/s3/support/local-s3.ts';
import { presign } from '../local/s3/support/signer.ts';

// The AWS command line alone takes a second or two to start.
const run = promisify(execFile);
/** More than the threshold from which each of the clients sends several parts. */
const LARGE = randomBytes(24 * 1024 * 1024 + 1);
const AWKWARD = [
  'two words.img',
  'a+b.img',
  '100%.img',
  '%2F.img',
  'a&b=c;d,e.img',
  'it\'s "quoted".img',
  '(round) [square] {curly} !~$@^#.img',
  'ünïcode/日本語.img',
  'emoji 💿.img',
  '..two dots.img',
];

let local: LocalS3;
let folder: string;
beforeAll(async () => {
  local = await startLocalS3();
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-clients-'));
  await file('large', LARGE);
  for (const key of AWKWARD) await file(`tree/${key}`, `content of ${key}`);
});
afterAll(async () => {
  await local.stop();
  await rm(folder, { recursive: true });
});

describe('the AWS command line', () => {
  test('copies a small file there and back', async () => {
    await file('small', 'a few bytes');
    await aws('s3', 'cp', path('small'), `s3://${PLAIN}/aws/small`);
    await aws('s3', 'cp', `s3://${PLAIN}/aws/small`, path('small.back'));
    expect(await readFile(path('small.back'), 'utf8')).toBe('a few bytes');
  });

  test('copies a large file in parts, there, inside and back', async () => {
    await aws('s3', 'cp', path('large'), `s3://${VERSIONED}/aws/large`, '--metadata', 'disk-format=qcow2');
    await aws('s3', 'cp', `s3://${VERSIONED}/aws/large`, `s3://${PLAIN}/aws/large copy`);
    await aws('s3', 'cp', `s3://${PLAIN}/aws/large copy`, path('large.back'));
    expect(sha256(await readFile(path('large.back')))).toBe(sha256(LARGE));
    const head = JSON.parse(await aws('s3api', 'head-object', '--bucket', VERSIONED, '--key', 'aws/large'));
    expect(head).toMatchObject({ ContentLength: LARGE.length, Metadata: { 'disk-format': 'qcow2' } });
    expect(head.ETag).toMatch(/-\d+"$/);
  });

  test('copies from a stream whose end it does not know', async () => {
    const copy = startAws('s3', 'cp', '-', `s3://${PLAIN}/aws/stdin`);
    copy.child.stdin?.end(LARGE);
    await copy;
    expect(sha256(await content(PLAIN, 'aws/stdin'))).toBe(sha256(LARGE));
  });

  test('synchronises a folder of awkward names, finds nothing more to do, and removes it', async () => {
    await aws('s3', 'sync', path('tree'), `s3://${PLAIN}/aws/sync`);
    expect(await keys(PLAIN, 'aws/sync/')).toEqual(AWKWARD.toSorted());
    expect(await aws('s3', 'sync', path('tree'), `s3://${PLAIN}/aws/sync`)).toBe('');
    await aws('s3', 'sync', `s3://${PLAIN}/aws/sync`, path('tree.back'));
    for (const key of AWKWARD) expect(await readFile(path(`tree.back/${key}`), 'utf8')).toBe(`content of ${key}`);
    await aws('s3', 'rm', '--recursive', `s3://${PLAIN}/aws/sync`);
    expect(await keys(PLAIN, 'aws/sync/')).toEqual([]);
  });

  test.each([...AWKWARD, 'a//b', '/leading', 'a/../b', ' space at both ends '])(
    'puts and gets the key %j',
    async (key) => {
      await file('body', `content of ${key}`);
      const place = ['--bucket', PLAIN, '--key', `api/${key}`];
      await aws('s3api', 'put-object', ...place, '--body', path('body'));
      await aws('s3api', 'get-object', ...place, path('body.back'));
      expect(await readFile(path('body.back'), 'utf8')).toBe(`content of ${key}`);
      expect((await content(PLAIN, `api/${key}`)).toString()).toBe(`content of ${key}`);
    },
  );

  // The others need the optional awscrt.
  test.each(['CRC32', 'SHA1', 'SHA256'])('may send a checksum by %s', async (algorithm) => {
    const place = ['--bucket', PLAIN, '--key', `aws/${algorithm}`];
    // Debian 12's `s3 cp` has no option for it.
    await aws('s3api', 'put-object', ...place, '--body', path('large'), '--checksum-algorithm', algorithm);
    expect(sha256(await content(PLAIN, `aws/${algorithm}`))).toBe(sha256(LARGE));
  });

  test('presigns a URL that anyone can get', async () => {
    // At an endpoint that it does not know it would sign as version 2.
    await file('aws-config', '[default]\ns3 =\n  signature_version = s3v4\n');
    await file('small', 'presigned');
    await aws('s3', 'cp', path('small'), `s3://${PLAIN}/aws/pre signed+`);
    const url = await aws('s3', 'presign', `s3://${PLAIN}/aws/pre signed+`);
    expect(await (await fetch(url.trim())).text()).toBe('presigned');
  });
});

describe('rclone', () => {
  test('copies a folder of awkward names there and back, and finds it the same', async () => {
    await rclone('copy', path('tree'), `local:${PLAIN}/rclone`);
    expect(await keys(PLAIN, 'rclone/')).toEqual(AWKWARD.toSorted());
    await rclone('check', '--download', path('tree'), `local:${PLAIN}/rclone`);
    await rclone('copy', `local:${PLAIN}/rclone`, path('rclone.back'));
    for (const key of AWKWARD) expect(await readFile(path(`rclone.back/${key}`), 'utf8')).toBe(`content of ${key}`);
  });

  test('copies a large file in parts', async () => {
    await rclone('copyto', '--s3-upload-cutoff=5M', '--s3-chunk-size=5M', path('large'), `local:${PLAIN}/rclone-large`);
    expect(sha256(await content(PLAIN, 'rclone-large'))).toBe(sha256(LARGE));
  });

  test('copies from a stream, moves and deletes', async () => {
    const copy = run('rclone', ['rcat', `local:${PLAIN}/rcat`], { env: environment() });
    copy.child.stdin?.end('from a stream');
    await copy;
    await rclone('moveto', `local:${PLAIN}/rcat`, `local:${PLAIN}/moved here`);
    expect((await content(PLAIN, 'moved here')).toString()).toBe('from a stream');
    await rclone('deletefile', `local:${PLAIN}/moved here`);
    expect(await keys(PLAIN, 'moved')).toEqual([]);
  });
});

describe('s3cmd', () => {
  test.each(AWKWARD)('puts, lists and gets the key %j', async (key) => {
    await s3cmd('put', path(`tree/${key}`), `s3://${PLAIN}/s3cmd/${key}`);
    expect((await content(PLAIN, `s3cmd/${key}`)).toString()).toBe(`content of ${key}`);
    expect(await s3cmd('ls', '--recursive', `s3://${PLAIN}/s3cmd/`)).toContain(`s3://${PLAIN}/s3cmd/${key}\n`);
    await s3cmd('get', '--force', `s3://${PLAIN}/s3cmd/${key}`, path('s3cmd.back'));
    expect(await readFile(path('s3cmd.back'), 'utf8')).toBe(`content of ${key}`);
  });

  test('puts a large file in parts', async () => {
    await s3cmd('put', '--multipart-chunk-size-mb=5', path('large'), `s3://${PLAIN}/s3cmd-large`);
    expect(sha256(await content(PLAIN, 's3cmd-large'))).toBe(sha256(LARGE));
  });
});

describe('a presigned PUT', () => {
  test.each(AWKWARD)('by fetch and by undici stores the key %j', async (key) => {
    const headers = { host: new URL(local.server.endpoint).host };
    const escaped = `/${PLAIN}/presigned/${key}`.split('/').map(strictly).join('/');
    const query = presign({ method: 'PUT', path: escaped, headers }, { principal: OPERATOR, now: new Date() }, 60);
    const url = `${local.server.endpoint}${escaped}?${query}`;
    expect((await fetch(url, { method: 'PUT', body: 'by fetch' })).status).toBe(200);
    expect((await content(PLAIN, `presigned/${key}`)).toString()).toBe('by fetch');
    const answer = await request(url, { method: 'PUT', body: 'by undici' });
    expect(await answer.body.text()).toBe('');
    expect((await content(PLAIN, `presigned/${key}`)).toString()).toBe('by undici');
  });
});

describe('the SDK for JavaScript', () => {
  test.each(AWKWARD)('puts and lists the key %j', async (key) => {
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: `sdk/${key}`, Body: 'by the SDK' }));
    expect(await keys(PLAIN, 'sdk/')).toContain(key);
  });
});

/** Nothing of the machine's own configuration, only what the clients need to find their way. */
function environment(): NodeJS.ProcessEnv {
  const { accessKeyId, secretAccessKey } = OPERATOR;
  return {
    PATH: process.env.PATH,
    HOME: folder,
    LC_ALL: 'C.UTF-8',
    AWS_CONFIG_FILE: path('aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: path('no-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    RCLONE_CONFIG: path('rclone.conf'),
    RCLONE_CONFIG_LOCAL_TYPE: 's3',
    RCLONE_CONFIG_LOCAL_PROVIDER: 'Other',
    RCLONE_CONFIG_LOCAL_ENDPOINT: local.server.endpoint,
    RCLONE_CONFIG_LOCAL_ACCESS_KEY_ID: accessKeyId,
    RCLONE_CONFIG_LOCAL_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

/** By option: versions before 2.13, as Debian 12 has, know no variable for it and would ask AWS itself. */
function startAws(...args: string[]) {
  return run('aws', ['--endpoint-url', local.server.endpoint, ...args], { env: environment() });
}

async function aws(...args: string[]): Promise<string> {
  return (await startAws(...args)).stdout;
}

async function rclone(...args: string[]): Promise<string> {
  return (await run('rclone', args, { env: environment() })).stdout;
}

async function s3cmd(...args: string[]): Promise<string> {
  const { host } = new URL(local.server.endpoint);
  const { accessKeyId, secretAccessKey } = OPERATOR;
  const place = ['--no-ssl', `--host=${host}`, `--host-bucket=${host}`, '--region=us-east-1'];
  const keys = [`--access_key=${accessKeyId}`, `--secret_key=${secretAccessKey}`, `--config=${path('s3cfg')}`];
  return (await run('s3cmd', [...keys, ...place, '--no-progress', ...args], { env: environment() })).stdout;
}

function path(name: string): string {
  return join(folder, name);
}

async function file(name: string, bytes: string | Buffer): Promise<void> {
  await mkdir(dirname(path(name)), { recursive: true });
  await writeFile(path(name), bytes);
}

async function content(Bucket: string, Key: string): Promise<Buffer> {
  const { Body } = await local.s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function keys(Bucket: string, Prefix: string): Promise<string[]> {
  const { Contents = [] } = await local.s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  return Contents.map(({ Key = '' }) => Key.slice(Prefix.length)).sort();
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** As the signer escapes: encodeURIComponent leaves some characters that Signature Version 4 wants escaped. */
function strictly(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`);
}
