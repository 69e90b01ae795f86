import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3FolderKeys, s3Objects, sharedObjects } from '../../lambda/adapters/s3-objects.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { ObjectHead, ObjectRef, ObjectStore, SharingStore } from '../../lambda/steps/ports.ts';
import { type LocalS3, PLAIN, ROLE, startLocalS3, VERSIONED } from '../local/s3/support/local-s3.ts';
import { pattern } from '../support/bytes.ts';
import { answer, serve, unusedAddress } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';
import { useAws } from './aws-environment.ts';
import { faultyService } from './faulty-service.ts';

let local: LocalS3;
let objects: SharingStore;

beforeAll(async () => {
  local = await startLocalS3();
  objects = storeAt(local.server.endpoint);
});

afterAll(() => local.stop());

function storeAt(endpoint: string): SharingStore {
  useAws(endpoint);
  return sharedObjects(s3Client());
}

/** @returns the head of what was put */
async function put(bucket: string, key: string, input: Partial<PutObjectCommandInput> = {}): Promise<ObjectHead> {
  await local.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: pattern(1000), ...input }));
  const head = await objects.head(bucket, key);
  if (head === undefined) throw new Error(`There is no ${key}.`);
  return head;
}

async function remove(bucket: string, key: string, versionId?: string): Promise<string | undefined> {
  const command = new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId });
  return (await local.s3.send(command)).VersionId;
}

test('the keys of a folder are those right in it', async () => {
  for (const key of ['sums/a.img', 'sums/SHA256SUMS', 'sums/below/b.img']) await put(VERSIONED, key);
  await remove(VERSIONED, 'sums/a.img');
  const keysIn = s3FolderKeys(s3Client());
  expect(await keysIn(VERSIONED, 'sums/')).toEqual({ keys: ['sums/SHA256SUMS'], isWhole: true });
  expect(await keysIn(VERSIONED, 'nothing/')).toEqual({ keys: [], isWhole: true });
});

describe('a small object', () => {
  test('is read as a whole, in its newest version', async () => {
    await put(VERSIONED, 'läufer/imagedrop.yaml', { Body: 'old' });
    const { versionId, etag } = await put(VERSIONED, 'läufer/imagedrop.yaml', { Body: 'name: N' });
    const read = await objects.read(VERSIONED, 'läufer/imagedrop.yaml', 7);
    expect(read).toEqual({
      bucket: VERSIONED,
      key: 'läufer/imagedrop.yaml',
      versionId,
      etag,
      size: 7,
      bytes: Buffer.from('name: N'),
    });
  });

  test('may have no bytes', async () => {
    await put(PLAIN, 'empty.yaml', { Body: '' });
    expect(await objects.read(PLAIN, 'empty.yaml', 7)).toMatchObject({ size: 0, bytes: Buffer.alloc(0) });
  });

  test('that is larger than was asked for is not read', async () => {
    const { etag } = await put(PLAIN, 'large.yaml', { Body: Buffer.alloc(4 * 2 ** 20) });
    const read = await objects.read(PLAIN, 'large.yaml', 7);
    expect(read).toEqual({ bucket: PLAIN, key: 'large.yaml', etag, size: 4 * 2 ** 20 });
    expect(await objects.read(PLAIN, 'large.yaml', 4 * 2 ** 20)).toHaveProperty('bytes');
  });

  test('is undefined where there is none, or none any more', async () => {
    expect(await objects.read(PLAIN, 'missing.yaml', 7)).toBeUndefined();
    await put(VERSIONED, 'deleted.yaml');
    await remove(VERSIONED, 'deleted.yaml');
    expect(await objects.read(VERSIONED, 'deleted.yaml', 7)).toBeUndefined();
  });

  test('of a bucket that does not answer is `source-unreadable`', async () => {
    const unreachable = storeAt(await unusedAddress());
    expect(await failure(unreachable.read(PLAIN, 'a', 7))).toMatchObject({
      code: 'source-unreadable',
      retryable: true,
    });
  });
});

describe('the head of an object', () => {
  test('has version, etag without quotes, size, time and user metadata', async () => {
    const head = await put(VERSIONED, 'läufer/a b+c.qcow2', { Metadata: { 'disk-format': 'raw' } });
    expect(head).toEqual({
      bucket: VERSIONED,
      key: 'läufer/a b+c.qcow2',
      versionId: expect.stringMatching(/./),
      etag: expect.stringMatching(/^[0-9a-f]{32}$/),
      size: 1000,
      lastModified: expect.any(Date),
      userMetadata: { 'disk-format': 'raw' },
    });
  });

  test('has no version in a bucket without versions', async () => {
    expect(await put(PLAIN, 'a')).not.toHaveProperty('versionId');
  });

  test('is that of the version that is asked for', async () => {
    const first = await put(VERSIONED, 'twice');
    await put(VERSIONED, 'twice', { Body: 'another' });
    expect(await objects.head(VERSIONED, 'twice', first.versionId)).toEqual(first);
    expect(await objects.head(VERSIONED, 'twice')).toMatchObject({ size: 7 });
  });

  test('is undefined for a key that is not there', async () => {
    expect(await objects.head(VERSIONED, 'nothing')).toBeUndefined();
  });

  test('is undefined behind a delete marker, and for the marker itself', async () => {
    const { versionId } = await put(VERSIONED, 'hidden');
    const marker = await remove(VERSIONED, 'hidden');
    expect(await objects.head(VERSIONED, 'hidden')).toBeUndefined();
    expect(await objects.head(VERSIONED, 'hidden', marker)).toBeUndefined();
    expect(await objects.head(VERSIONED, 'hidden', versionId)).toBeDefined();
  });

  test('is undefined for a version that was deleted', async () => {
    const { versionId } = await put(VERSIONED, 'deleted');
    await remove(VERSIONED, 'deleted', versionId);
    expect(await objects.head(VERSIONED, 'deleted', versionId)).toBeUndefined();
  });
});

describe('opening an object', () => {
  test.each([
    [0, 1000],
    [0, 1],
    [999, 1],
    [13, 64],
  ])('from byte %i gives %i bytes', async (offset, length) => {
    const head = await put(VERSIONED, 'ranged');
    const bytes = await buffer(await objects.open(head, { offset, length }));
    expect(bytes).toEqual(pattern(1000).subarray(offset, offset + length));
  });

  test('gives the version that it is pinned to', async () => {
    const first = await put(VERSIONED, 'pinned');
    await put(VERSIONED, 'pinned', { Body: 'another' });
    expect(await buffer(await objects.open(first, { offset: 0, length: 1000 }))).toEqual(pattern(1000));
  });

  test('fails with object-changed when the etag is another', async () => {
    const first = await put(PLAIN, 'changed');
    await put(PLAIN, 'changed', { Body: 'another' });
    const error = await failure(objects.open(first, { offset: 0, length: 10 }));
    expect(error).toMatchObject({ code: 'object-changed', message: `s3://${PLAIN}/changed is another object now.` });
  });

  test('fails with object-gone when the object or its version is not there', async () => {
    const plain = await put(PLAIN, 'gone');
    await remove(PLAIN, 'gone');
    expect(await failure(objects.open(plain, { offset: 0, length: 1 }))).toMatchObject({ code: 'object-gone' });
    const version = await put(VERSIONED, 'gone');
    await remove(VERSIONED, 'gone', version.versionId);
    expect(await failure(objects.open(version, { offset: 0, length: 1 }))).toMatchObject({ code: 'object-gone' });
  });

  test("throws the signal's reason when it is aborted", async () => {
    const head = await put(PLAIN, 'aborted');
    const reason = new ImageDropError('out-of-time', 'The time is over.');
    const aborted = AbortSignal.abort(reason);
    await expect(objects.open(head, { offset: 0, length: 1 }, aborted)).rejects.toBe(reason);

    const controller = new AbortController();
    const silentServer = storeAt(await serve(() => setTimeout(() => controller.abort(reason), 10)));
    await expect(silentServer.open(head, { offset: 0, length: 1 }, controller.signal)).rejects.toBe(reason);
  });
});

describe('a presigned URL', () => {
  test('gives one version of an object to anyone who has it', async () => {
    const head = await put(VERSIONED, 'läufer/presigned a+b');
    await put(VERSIONED, 'läufer/presigned a+b', { Body: 'a newer version' });
    const answer = await fetch((await objects.presign(head, 60)).url);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(pattern(1000));
  });

  test('gives the object of a bucket without versions', async () => {
    const answer = await fetch((await objects.presign(await put(PLAIN, 'presigned'), 60)).url);
    expect(answer.status).toBe(200);
  });

  test('gives nothing when its time is over', async () => {
    const { url } = await objects.presign(await put(PLAIN, 'short'), 1);
    await sleep(1500);
    expect((await fetch(url)).status).toBe(403);
  });
});

/** Each kind of read, which must tell a refusal alike. */
const READS = [
  ['head', (store: ObjectStore, { bucket, key }: ObjectRef) => store.head(bucket, key)],
  ['read', (store: ObjectStore, { bucket, key }: ObjectRef) => store.read(bucket, key, 7)],
  ['open', (store: ObjectStore, ref: ObjectRef) => store.open(ref, { offset: 0, length: 1 })],
] as const;

/** An S3 that answers each request with this error, and HEAD without its text. */
const refusing = async (status: number, xml: string): Promise<ObjectStore> =>
  storeAt(await serve((_request, response) => answer(response, status, `<Error>${xml}</Error>`)));

const REF = { bucket: 'drops', key: 'läufer/a.img', etag: 'e' };

describe.each(READS)('a %s that S3 refuses', (kind, ask) => {
  test('because of the rights of the function is object-denied', async () => {
    const ref = await put(VERSIONED, 'forbidden');
    local.grant();
    const error = await failure(ask(s3Objects(local.client({ credentials: ROLE })), ref));
    expect(error).toMatchObject({ code: 'object-denied', retryable: false });
    expect(error.message).toContain(`S3 does not let the function read s3://${VERSIONED}/forbidden: User: Role is not`);
  });

  test('because of its KMS key is object-key-denied', async () => {
    const SSEKMSKeyId = 'arn:aws:kms:eu-west-1:123456789012:key/k';
    const ref = await put(VERSIONED, 'encrypted', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId });
    local.grant('s3:GetObject', 's3:GetObjectVersion');
    const asked = ask(s3Objects(local.client({ credentials: ROLE })), ref);
    // HEAD needs no key.
    if (kind === 'head') return expect(await asked).toMatchObject({ key: 'encrypted' });
    expect(await failure(asked)).toMatchObject({
      code: 'object-key-denied',
      message: expect.stringContaining(SSEKMSKeyId),
    });
  });

  test('because its KMS key is disabled is object-key-denied', async () => {
    const store = await refusing(
      400,
      '<Code>KMS.DisabledException</Code><Message>arn:aws:kms:a is disabled.</Message>',
    );
    expect(await failure(ask(store, REF))).toMatchObject({
      code: 'object-key-denied',
      message: expect.stringContaining('arn:aws:kms:a is disabled.'),
    });
  });

  test('because only its writer has the key is object-customer-key', async () => {
    const text =
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided.';
    const store = await refusing(400, `<Code>InvalidRequest</Code><Message>${text}</Message>`);
    expect(await failure(ask(store, REF))).toMatchObject({ code: 'object-customer-key', retryable: false });
  });

  test('only once is source-unreadable, which is retried', async () => {
    const ref = await put(VERSIONED, 'refused once');
    const service = await faultyService(local.server.endpoint);
    service.next(kind === 'head' ? 'HEAD' : 'GET', 403);
    expect(await failure(ask(storeAt(service.endpoint), ref))).toMatchObject({
      code: 'source-unreadable',
      retryable: true,
    });
  });

  test('because the clock is wrong is source-unreadable', async () => {
    const store = await refusing(
      403,
      '<Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message>',
    );
    expect(await failure(ask(store, REF))).toMatchObject({ code: 'source-unreadable' });
  });
});

describe('an object in an archive', () => {
  test.each(['GLACIER', 'DEEP_ARCHIVE'] as const)(
    'of class %s shows its head, and opens with object-archived',
    async (StorageClass) => {
      const head = await put(VERSIONED, 'an archive/b.img', { StorageClass });
      const error = await failure(objects.open(head, { offset: 0, length: 1 }));
      expect(error).toMatchObject({ code: 'object-archived', retryable: false });
      expect(error.message).toBe(
        `s3://${VERSIONED}/an archive/b.img is archived (${StorageClass}) and must be restored first.`,
      );
      expect(error.nextStep).toContain(
        `aws s3api restore-object --bucket ${VERSIONED} --key 'an archive/b.img' --version-id ${head.versionId} --restore-request Days=7`,
      );
    },
  );

  test('can be opened once it is restored', async () => {
    const head = await put(VERSIONED, 'restored', { StorageClass: 'GLACIER' });
    await local.s3.send(new RestoreObjectCommand({ Bucket: VERSIONED, Key: 'restored', RestoreRequest: { Days: 1 } }));
    expect(await buffer(await objects.open(head, { offset: 0, length: 1000 }))).toEqual(pattern(1000));
  });

  test('of a tier of Intelligent-Tiering names the tier, and is restored without days', async () => {
    const state = '<StorageClass>INTELLIGENT_TIERING</StorageClass><AccessTier>ARCHIVE_ACCESS</AccessTier>';
    const store = await refusing(403, `<Code>InvalidObjectState</Code><Message>No.</Message>${state}`);
    const error = await failure(store.open(REF, { offset: 0, length: 1 }));
    expect(error).toMatchObject({
      code: 'object-archived',
      message: expect.stringContaining('is archived (INTELLIGENT_TIERING, ARCHIVE_ACCESS)'),
    });
    expect(error.nextStep).toContain(`--restore-request '{}'`);
  });
});

describe('an object that another account owns', () => {
  /** A bucket that denies the object, and shows its owner as well as its own. */
  const bucketOf = async (bucketOwner: string): Promise<ObjectStore> =>
    storeAt(
      await serve((request, response) => {
        const { url = '', method } = request;
        const owner = `<Owner><ID>${url.includes('?acl') ? bucketOwner : 'theirs'}</ID></Owner>`;
        if (url.includes('?acl')) return answer(response, 200, `<AccessControlPolicy>${owner}</AccessControlPolicy>`);
        if (url.includes('list-type')) {
          const content = `<Contents><Key>${REF.key}</Key>${owner}</Contents>`;
          return answer(response, 200, `<ListBucketResult>${content}</ListBucketResult>`);
        }
        answer(response, 403, method === 'HEAD' ? '' : '<Error><Code>AccessDenied</Code></Error>');
      }),
    );

  test('than the bucket is object-foreign', async () => {
    const error = await failure((await bucketOf('ours')).head(REF.bucket, REF.key));
    expect(error).toMatchObject({ code: 'object-foreign', retryable: false });
    expect(error.message).toContain('theirs');
  });

  test('together with the bucket is object-denied', async () => {
    expect(await failure((await bucketOf('theirs')).head(REF.bucket, REF.key))).toMatchObject({
      code: 'object-denied',
    });
  });
});

test('an object of a bucket whose versioning is suspended has no version', async () => {
  const service = await serve((_request, response) =>
    answer(response, 200, '', { etag: '"e"', 'content-length': 0, 'x-amz-version-id': 'null' }),
  );
  expect(await storeAt(service).head('drops', 'a')).not.toHaveProperty('versionId');
});

describe('S3 that does not serve', () => {
  test('is source-unreadable where the bucket is missing', async () => {
    const ref = { bucket: 'no-such-bucket', key: 'a', etag: 'e' };
    expect(await failure(objects.open(ref, { offset: 0, length: 1 }))).toMatchObject({
      code: 'source-unreadable',
      message: 'S3 did not give s3://no-such-bucket/a: status 404, NoSuchBucket.',
    });
  });

  test('is source-unreadable when nothing listens', async () => {
    const head = await put(VERSIONED, 'unreachable');
    const error = await failure(storeAt(await unusedAddress()).open(head, { offset: 0, length: 1 }));
    expect(error).toMatchObject({ code: 'source-unreadable', message: expect.stringContaining('ECONNREFUSED') });
  });

  test('is asked again after a 503', async () => {
    const head = await put(VERSIONED, 'busy');
    const service = await faultyService(local.server.endpoint);
    service.next('GET', 503, 503);
    const body = await storeAt(service.endpoint).open(head, { offset: 0, length: 1000 });
    expect(await buffer(body)).toEqual(pattern(1000));
    expect(service.methods).toEqual(['GET', 'GET', 'GET']);
  });
});
