import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startS3Server } from '../../../local/s3/server.ts';
import { type LocalS3, OPERATOR, PLAIN, sendSigned, startLocalS3, VERSIONED } from './support/local-s3.ts';
import { sign } from './support/signer.ts';

describe('after a restart', () => {
  let local: LocalS3;
  beforeEach(async () => {
    local = await startLocalS3();
  });
  afterEach(() => local.stop());

  test('objects, versions, tags and unfinished uploads are there', async () => {
    const place = { Bucket: VERSIONED, Key: 'ü/../image' };
    const first = await local.s3.send(new PutObjectCommand({ ...place, Body: 'one', Tagging: 'a=b' }));
    const second = await local.s3.send(new PutObjectCommand({ ...place, Body: 'two', Metadata: { m: 'n' } }));
    const { UploadId } = await local.s3.send(new CreateMultipartUploadCommand(place));
    await local.s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 7, Body: 'part' }));
    await local.restart();
    const { Versions } = await local.s3.send(new ListObjectVersionsCommand({ Bucket: VERSIONED }));
    expect(Versions?.map(({ VersionId }) => VersionId)).toEqual([second.VersionId, first.VersionId]);
    const got = await local.s3.send(new GetObjectCommand(place));
    expect(got.Metadata).toEqual({ m: 'n' });
    expect(await got.Body?.transformToString()).toBe('two');
    expect((await local.s3.send(new GetObjectCommand({ ...place, VersionId: first.VersionId }))).TagCount).toBe(1);
    const { Parts } = await local.s3.send(new ListPartsCommand({ ...place, UploadId }));
    expect(Parts).toMatchObject([{ PartNumber: 7, Size: 4 }]);
  });

  test('replaced and deleted objects take no room', async () => {
    for (const Body of ['one', 'two']) await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'image', Body }));
    expect(await readdir(join(local.folder, PLAIN, 'blobs'))).toHaveLength(1);
  });

  test('a client that hangs up in the middle of a write has written nothing', async () => {
    const { port, host } = new URL(local.server.endpoint);
    const unsigned = { method: 'PUT', path: '/plain/half', headers: { host, 'content-length': '1000000' } };
    const signing = { principal: OPERATOR, now: new Date(), payloadHash: 'UNSIGNED-PAYLOAD' };
    const request = httpRequest({ ...unsigned, port, headers: sign(unsigned, signing).headers });
    request.on('error', () => undefined).write(Buffer.alloc(500_000));
    await eventually(async () => (await readdir(join(local.folder, PLAIN, 'blobs'))).length === 1);
    request.destroy();
    await eventually(async () => (await readdir(join(local.folder, PLAIN, 'blobs'))).length === 0);
    expect((await local.s3.send(new ListObjectsV2Command({ Bucket: PLAIN }))).KeyCount).toBe(0);
  });
});

describe('a server that is killed in the middle of a write', () => {
  let folder: string;
  let child: ChildProcess;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagedrop-s3-'));
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  test('has the old object when it comes back, and no half one', async () => {
    const program = join(import.meta.dirname, 'support', 'serve.ts');
    child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [endpoint] = (await once(child.stdout?.setEncoding('utf8') as NodeJS.EventEmitter, 'data')) as [string];
    await sendSigned(endpoint, { method: 'PUT', path: '/plain/image' }, 'old');
    const { host, port } = new URL(endpoint);
    const unsigned = { method: 'PUT', path: '/plain/image', headers: { host, 'content-length': '10000000' } };
    const signing = { principal: OPERATOR, now: new Date(), payloadHash: 'UNSIGNED-PAYLOAD' };
    const request = httpRequest({ ...unsigned, port, headers: sign(unsigned, signing).headers });
    request.on('error', () => undefined).write(Buffer.alloc(5_000_000));
    await eventually(async () => (await readdir(join(folder, 'plain', 'blobs'))).length === 2);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const access = { principal: () => OPERATOR, allows: () => true };
    const buckets = [{ name: 'plain', versioned: false, notifications: [] }];
    const server = await startS3Server({ folder, buckets, access, notify: () => undefined });
    const got = await sendSigned(server.endpoint, { method: 'GET', path: '/plain/image' });
    await server.close();
    expect(got.text).toBe('old');
    expect(await readdir(join(folder, 'plain', 'blobs'))).toHaveLength(1);
  });
});

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries === 12_000) throw new Error('It did not come true within two minutes.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
