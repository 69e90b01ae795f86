import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalS3, PLAIN, refusal, startLocalS3, VERSIONED } from './support/local-s3.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
});
afterAll(() => local.stop());

test('a bucket says whether it keeps versions', async () => {
  const status = async (Bucket: string) => (await local.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
  expect([await status(VERSIONED), await status(PLAIN)]).toEqual(['Enabled', undefined]);
});

describe('a key in a versioned bucket', () => {
  test('keeps every version, hides behind a marker, and comes back when the marker is deleted', async () => {
    const place = { Bucket: VERSIONED, Key: 'image' };
    const first = await put(place, 'one');
    const second = await put(place, 'two');
    expect(await read(place)).toBe('two');
    expect(await read({ ...place, VersionId: first })).toBe('one');

    const marker = await local.s3.send(new DeleteObjectCommand(place));
    expect(marker.DeleteMarker).toBe(true);
    await expect(read(place)).rejects.toMatchObject(refusal('NoSuchKey', 404));
    expect(await read({ ...place, VersionId: second })).toBe('two');
    const atMarker = new GetObjectCommand({ ...place, VersionId: marker.VersionId });
    await expect(local.s3.send(atMarker)).rejects.toMatchObject(refusal('MethodNotAllowed', 405));
    expect((await local.s3.send(new ListObjectsV2Command({ Bucket: VERSIONED, Prefix: 'image' }))).KeyCount).toBe(0);

    const undone = await local.s3.send(new DeleteObjectCommand({ ...place, VersionId: marker.VersionId }));
    expect(undone.DeleteMarker).toBe(true);
    expect(await read(place)).toBe('two');
    await local.s3.send(new DeleteObjectCommand({ ...place, VersionId: second }));
    expect(await read(place)).toBe('one');
    await expect(read({ ...place, VersionId: second })).rejects.toMatchObject(refusal('NoSuchVersion', 404));
  });

  test('can go back to an older version by a copy', async () => {
    const place = { Bucket: VERSIONED, Key: 'back' };
    const first = await put(place, 'one');
    await put(place, 'two');
    const CopySource = `${VERSIONED}/back?versionId=${first}`;
    const copied = await local.s3.send(new CopyObjectCommand({ ...place, CopySource }));
    expect(copied.CopySourceVersionId).toBe(first);
    expect(await read(place)).toBe('one');
  });

  test('is listed with all its versions, newest first, page by page', async () => {
    const expected: (string | undefined)[] = [];
    for (const Key of ['list/a', 'list/b']) {
      const ids = [await put({ Bucket: VERSIONED, Key }, '1'), await put({ Bucket: VERSIONED, Key }, '2')];
      const { VersionId } = await local.s3.send(new DeleteObjectCommand({ Bucket: VERSIONED, Key }));
      expected.push(VersionId, ...ids.reverse());
    }
    const listed: (string | undefined)[] = [];
    let marker: Pick<ListObjectVersionsCommandInput, 'KeyMarker' | 'VersionIdMarker'> = {};
    do {
      const list = new ListObjectVersionsCommand({ Bucket: VERSIONED, Prefix: 'list/', MaxKeys: 1, ...marker });
      const page: ListObjectVersionsCommandOutput = await local.s3.send(list);
      listed.push(...[...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ VersionId }) => VersionId));
      marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    } while (marker.KeyMarker !== undefined);
    expect(listed).toEqual(expected);
  });

  test('says which version is the latest', async () => {
    const place = { Bucket: VERSIONED, Key: 'latest' };
    const [first, second] = [await put(place, '1'), await put(place, '2')];
    const { Versions } = await local.s3.send(new ListObjectVersionsCommand({ Bucket: VERSIONED, Prefix: 'latest' }));
    expect(Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [second, true],
      [first, false],
    ]);
  });
});

describe('the tags of an object', () => {
  test('are those of one version, and replace each other as a whole', async () => {
    const place = { Bucket: VERSIONED, Key: 'tagged' };
    const first = await put(place, '1', 'a=1&b=2');
    await put(place, '2');
    await tag({ ...place, VersionId: first }, [{ Key: 'a/:@', Value: 'ü + 1' }]);
    expect(await tags({ ...place, VersionId: first })).toEqual([{ Key: 'a/:@', Value: 'ü + 1' }]);
    expect(await tags(place)).toEqual([]);
    expect(await read({ ...place, VersionId: first })).toBe('1');
    const head = await local.s3.send(new HeadObjectCommand({ ...place, VersionId: first }));
    expect(head).toMatchObject({ TagCount: 1, VersionId: first });
    await local.s3.send(new DeleteObjectTaggingCommand({ ...place, VersionId: first }));
    expect(await tags({ ...place, VersionId: first })).toEqual([]);
  });

  test.each([
    ['BadRequest', Array.from({ length: 11 }, (_, i) => ({ Key: `k${i}`, Value: '' }))],
    ['InvalidTag', [{ Key: 'k'.repeat(129), Value: '' }]],
    ['InvalidTag', [{ Key: 'k', Value: 'v'.repeat(257) }]],
    ['InvalidTag', [{ Key: 'k', Value: 'a,b' }]],
    ['InvalidTag', [{ Key: '', Value: '' }]],
    ['InvalidTag', [{ Key: 'k', Value: '1' }, { Key: 'k', Value: '2' }]], // biome-ignore format: one case a line
  ])('are refused with %s for %j', async (code, TagSet) => {
    const place = { Bucket: PLAIN, Key: 'tagged' };
    await put(place, '1');
    await expect(tag(place, TagSet)).rejects.toMatchObject(refusal(code, 400));
  });

  test('of a missing key are NoSuchKey', async () => {
    await expect(tag({ Bucket: PLAIN, Key: 'nothing' }, [])).rejects.toMatchObject(refusal('NoSuchKey', 404));
    await expect(tags({ Bucket: PLAIN, Key: 'nothing' })).rejects.toMatchObject(refusal('NoSuchKey', 404));
  });
});

interface Place {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string | undefined;
}

async function put(place: Place, Body: string, Tagging?: string): Promise<string | undefined> {
  return (await local.s3.send(new PutObjectCommand({ ...place, Body, Tagging }))).VersionId;
}

async function read(place: Place): Promise<string | undefined> {
  return (await local.s3.send(new GetObjectCommand(place))).Body?.transformToString();
}

function tag(place: Place, TagSet: { Key: string; Value: string }[]) {
  return local.s3.send(new PutObjectTaggingCommand({ ...place, Tagging: { TagSet } }));
}

async function tags(place: Place) {
  return (await local.s3.send(new GetObjectTaggingCommand(place))).TagSet;
}
