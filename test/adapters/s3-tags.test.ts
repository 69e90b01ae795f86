import { DeleteObjectCommand, GetObjectTaggingCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { taggedObjects } from '../../lambda/adapters/s3-tags.ts';
import type { ObjectRef, TaggingStore } from '../../lambda/steps/ports.ts';
import { type LocalS3, ROLE, startLocalS3, VERSIONED } from '../local/s3/support/local-s3.ts';
import { answer, serve } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';
import { useAws } from './aws-environment.ts';

let local: LocalS3;
let objects: TaggingStore;

beforeAll(async () => {
  local = await startLocalS3();
  useAws(local.server.endpoint);
  objects = taggedObjects(s3Client());
});

afterAll(() => local.stop());

/** @param tagging as in a query: "a=1&b=2" */
async function put(key: string, tagging = ''): Promise<ObjectRef & { versionId: string }> {
  const command = new PutObjectCommand({ Bucket: VERSIONED, Key: key, Body: 'x', Tagging: tagging });
  const { VersionId: versionId = '', ETag: etag = '' } = await local.s3.send(command);
  return { bucket: VERSIONED, key, versionId, etag };
}

async function tagsOf({ bucket, key, versionId }: ObjectRef): Promise<Record<string, string | undefined>> {
  const command = new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: versionId });
  const { TagSet: tags = [] } = await local.s3.send(command);
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

const storeThatAnswers = (status: number, code: string): Promise<string> =>
  serve((_request, response) => answer(response, status, `<Error><Code>${code}</Code></Error>`));

const tenTags = (length: number) => Array.from({ length }, (_, index) => `t${index}=x`).join('&');

describe('tagging an object', () => {
  test('keeps the tags of others and replaces our own', async () => {
    const object = await put('merged', 'owner=me&imagedrop:here=failed');
    await objects.tag(object, { 'imagedrop:here': 'active 1234', 'imagedrop:there': 'failed empty' });
    expect(await tagsOf(object)).toEqual({
      owner: 'me',
      'imagedrop:here': 'active 1234',
      'imagedrop:there': 'failed empty',
    });
  });

  test('takes off the mark of a settled drop that is not settled any more', async () => {
    const object = await put('marked', 'imagedrop=settled');
    await objects.tag(object, { 'imagedrop:there': 'failed empty' });
    expect(await tagsOf(object)).toEqual({ 'imagedrop:there': 'failed empty' });
    const others = await put('owned', 'imagedrop=mine');
    await objects.tag(others, { 'imagedrop:here': 'superseded' });
    expect(await tagsOf(others)).toEqual({ imagedrop: 'mine', 'imagedrop:here': 'superseded' });
  });

  test('tags the version that was dropped, not the newest', async () => {
    const dropped = await put('versions');
    const newest = await put('versions');
    await objects.tag(dropped, { 'imagedrop:here': 'superseded' });
    expect(await tagsOf(dropped)).toEqual({ 'imagedrop:here': 'superseded' });
    expect(await tagsOf(newest)).toEqual({});
  });

  test('fills up the ten tags of an object', async () => {
    const object = await put('full', tenTags(9));
    expect(await objects.tag(object, { 'imagedrop:here': 'active' })).toBeUndefined();
    expect(Object.keys(await tagsOf(object))).toHaveLength(10);
  });

  test('leaves the tags alone and says why where there is no room', async () => {
    const object = await put('crowded', tenTags(10));
    const refusal = await objects.tag(object, { 'imagedrop:here': 'active' });
    expect(refusal).toBe(`s3://${VERSIONED}/crowded has 10 other tags, and S3 allows 10: there is no room for 1.`);
    expect(await tagsOf(object)).not.toHaveProperty('imagedrop:here');
  });

  test('puts _ for what tags may not have', async () => {
    const object = await put('illegal');
    await objects.tag(object, { 'imagedrop:ä,b': 'failed "no", <really>; é 9 +-=._:/@ 🙈' });
    expect(await tagsOf(object)).toEqual({ 'imagedrop:ä_b': 'failed _no__ _really__ é 9 +-=._:/@ _' });
  });

  test('cuts what is too long, at a whole character', async () => {
    const object = await put('long');
    await objects.tag(object, { ['k'.repeat(200)]: `${'v'.repeat(255)}𝒜𝒜` });
    expect(await tagsOf(object)).toEqual({ ['k'.repeat(128)]: `${'v'.repeat(255)}_` });
  });

  test('fails with object-gone when the version is not there', async () => {
    const object = await put('gone');
    const { versionId: VersionId } = object;
    await local.s3.send(new DeleteObjectCommand({ Bucket: VERSIONED, Key: 'gone', VersionId }));
    expect(await failure(objects.tag(object, { a: 'b' }))).toMatchObject({ code: 'object-gone' });
  });

  test('says why where the bucket forbids it, which no retry can change', async () => {
    const object = await put('forbidden');
    local.grant('s3:GetObjectVersionTagging');
    const forbidden = taggedObjects(local.client({ credentials: ROLE }));
    expect(await forbidden.tag(object, { a: 'b' })).toBe(
      `s3://${VERSIONED}/forbidden could not be tagged: status 403, AccessDenied.`,
    );
  });

  test('says why where the storage has no tags', async () => {
    const endpoint = await storeThatAnswers(501, 'NotImplemented');
    const bare = taggedObjects(local.client({ endpoint }));
    expect(await bare.tag({ bucket: 'drops', key: 'a', etag: 'e' }, { a: 'b' })).toBe(
      's3://drops/a could not be tagged: status 501, NotImplemented.',
    );
  });

  test('fails with aws-unavailable where S3 is busy', async () => {
    const endpoint = await storeThatAnswers(503, 'SlowDown');
    const busy = taggedObjects(local.client({ endpoint, maxAttempts: 1 }));
    expect(await failure(busy.tag({ bucket: 'drops', key: 'a', etag: 'e' }, { a: 'b' }))).toMatchObject({
      code: 'aws-unavailable',
      message: 's3://drops/a could not be tagged: status 503, SlowDown.',
    });
  });
});
