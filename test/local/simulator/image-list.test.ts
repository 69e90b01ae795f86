import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ImageClient, TestCloud } from './cloud.ts';

let cloud: TestCloud;
let glance: ImageClient;
beforeAll(async () => {
  cloud = await TestCloud.start();
  glance = await cloud.glance();
  for (const image of [
    { name: 'one', tags: ['x', 'y'], imagedrop_id: 'a' },
    { name: 'two', tags: ['x'], visibility: 'private', imagedrop_id: 'b' },
    { name: 'three', os_hidden: true },
  ]) {
    await glance.created(image);
    cloud.advance(5);
  }
  const [two] = (await glance.get('/v2/images?name=two')).json.images;
  await glance.upload(two.id, 'four');
});
afterAll(() => cloud.stop());

async function names(query: string): Promise<string[]> {
  const { json } = await glance.get(`/v2/images${query}`);
  return json.images.map(({ name }: { name: string }) => name);
}

describe('the list of images', () => {
  test.each([
    ['the newest first, without hidden ones', '', ['two', 'one']],
    ['hidden ones when asked for', '?os_hidden=true', ['three']],
    ['by name', '?name=one', ['one']],
    ['by several names', '?name=in:one,two', ['two', 'one']],
    ['by status', '?status=queued', ['one']],
    ['by visibility', '?visibility=private', ['two']],
    ['by every tag that is given', '?tag=x&tag=y', ['one']],
    ['by any property', '?imagedrop_id=b', ['two']],
    ['by a property that none has', '?nothing=b', []],
    ['by a property and its value together', '?imagedrop_id=b&name=one', []],
    ['by size', '?size_min=4&size_max=4', ['two']],
    ['sorted by the new syntax', '?sort=name:asc', ['one', 'two']],
    ['sorted by the classic syntax', '?sort_key=name&sort_dir=desc', ['two', 'one']],
  ])('shows %s', async (_case, query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test('by owner shows nothing of an unknown project', async () => {
    const [image] = (await glance.get('/v2/images?name=one')).json.images;
    expect(await names(`?owner=${image.owner}`)).toEqual(['two', 'one']);
    expect(await names('?owner=0123')).toEqual([]);
  });

  test('comes in pages, each with a link to the next', async () => {
    const first = (await glance.get('/v2/images?limit=1&sort=name:asc')).json;
    expect(first.images).toHaveLength(1);
    const second = (await glance.get(first.next)).json;
    expect(second.images[0].name).toBe('two');
    const third = (await glance.get(second.next)).json;
    expect(third.images).toEqual([]);
    expect(third).not.toHaveProperty('next');
    expect(third.first).toBe('/v2/images?limit=1&sort=name%3Aasc');
  });

  test.each(['?limit=x', '?limit=-1', '?marker=nothing', '?sort=colour', '?sort=name:up', '?visibility=secret'])(
    'answers 400 to %s',
    async (query) => {
      expect((await glance.get(`/v2/images${query}`)).status).toBe(400);
    },
  );
});
