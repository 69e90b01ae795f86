import { describe, expect, test } from '@jest/globals';
import { imageApiV2, imageUrlIn } from '../../lambda/clouds/catalog.ts';
import type { Cloud, ImageService } from '../../lambda/clouds/cloud.ts';
import { failure } from '../support/outcome.ts';

function cloud(asked: Partial<ImageService>): Cloud {
  return {
    name: 'here',
    authUrl: 'http://keystone',
    auth: { type: 'token', token: 't', project: { id: 'p' } },
    imageService: { type: 'image', interfaces: ['public'], ...asked },
    verify: true,
  };
}

const image = (...endpoints: object[]) => ({ type: 'image', name: 'glance', endpoints });
const IDENTITY = { type: 'identity', name: 'keystone', endpoints: [{ interface: 'public', url: 'http://identity' }] };
const COMPUTE = { type: 'compute', endpoints: [] };

const CATALOG = [
  IDENTITY,
  image(
    { interface: 'public', region_id: 'one', url: 'http://one.example/image/' },
    { interface: 'internal', region_id: 'one', url: 'http://inside.example:9292/v2/' },
    { interface: 'public', region: 'two', url: 'http://two.example:9292' },
  ),
];

const PUBLIC = (url: unknown) => [IDENTITY, image({ interface: 'public', region_id: 'one', url })];

describe('the image endpoint of a catalog', () => {
  test.each<[string, Partial<ImageService>, unknown, string]>([
    ['by region_id', { regionName: 'one' }, CATALOG, 'http://one.example/image/v2'],
    ['by region, as catalogs wrote it of old', { regionName: 'two' }, CATALOG, 'http://two.example:9292/v2'],
    [
      'by interface, without a region where there is one',
      { interfaces: ['internal'] },
      CATALOG,
      'http://inside.example:9292/v2',
    ],
    [
      'by the first interface of a list that there is',
      { interfaces: ['admin', 'internal', 'public'] },
      CATALOG,
      'http://inside.example:9292/v2',
    ],
    [
      'by the next interface where the first is not in the region',
      { interfaces: ['internal', 'public'], regionName: 'two' },
      CATALOG,
      'http://two.example:9292/v2',
    ],
    [
      'by the name of the service',
      { name: 'new' },
      [
        { type: 'image', name: 'old', endpoints: [{ interface: 'public', region: 'R', url: 'http://old' }] },
        { type: 'image', name: 'new', endpoints: [{ interface: 'public', region: 'R', url: 'http://new' }] },
      ],
      'http://new/v2',
    ],
    [
      'by another type',
      { type: 'ims' },
      [{ type: 'ims', endpoints: PUBLIC('http://ims')[1]?.endpoints }],
      'http://ims/v2',
    ],
    ['of several that fit: the first', {}, [...PUBLIC('http://a'), ...PUBLIC('http://b')], 'http://a/v2'],
    ['passing over what has no address', {}, [...PUBLIC(null), ...PUBLIC(''), ...PUBLIC('http://b')], 'http://b/v2'],
  ])('is found %s', (_, asked, catalog, url) => {
    expect(imageUrlIn(catalog, cloud(asked))).toBe(url);
  });

  test('is found whatever name is asked for where the catalog tells none', () => {
    const unnamed = [{ type: 'image', endpoints: [{ interface: 'public', url: 'http://i' }] }];
    expect(imageUrlIn(unnamed, cloud({ name: 'glance' }))).toBe('http://i/v2');
  });

  test.each<[string, Partial<ImageService>, unknown, string]>([
    ['there is no catalog', {}, undefined, 'The catalog of cloud here has no service of type image; it has none.'],
    ['the catalog is empty', {}, [], 'The catalog of cloud here has no service of type image; it has none.'],
    [
      'there is no image service',
      {},
      [IDENTITY, COMPUTE],
      'The catalog of cloud here has no service of type image; it has identity named keystone, compute.',
    ],
    [
      'the service has another name',
      { name: 'images' },
      CATALOG,
      'The catalog of cloud here has no service of type image named images; it has identity named keystone, image named glance.',
    ],
    [
      'it is not in the region',
      { regionName: 'three', interfaces: ['public', 'internal'] },
      CATALOG,
      'The catalog of cloud here has no public or internal image endpoint in region three; it has public in one, internal in one, public in two.',
    ],
    [
      'it has no endpoints',
      {},
      [image()],
      'The catalog of cloud here has no public image endpoint; it has none at all.',
    ],
    [
      'its address is none',
      {},
      PUBLIC('%(public_url)s'),
      'The catalog of cloud here has no http address for its image service, but %(public_url)s.',
    ],
  ])('is refused where %s', async (_, asked, catalog, words) => {
    const error = await failure(() => imageUrlIn(catalog, cloud(asked)));
    expect(error).toMatchObject({ code: 'bad-clouds-yaml', message: words });
    expect(error.nextStep).toContain('image_endpoint_override');
  });

  test('is ambiguous without a region where there are several', async () => {
    expect(await failure(() => imageUrlIn(CATALOG, cloud({})))).toMatchObject({
      code: 'bad-clouds-yaml',
      message: 'Cloud here has image endpoints in several regions: set clouds.here.region_name to one of one, two.',
    });
  });
});

test.each([
  ['http://glance:9292', 'http://glance:9292/v2'],
  ['http://glance:9292/', 'http://glance:9292/v2'],
  ['https://cloud.example/image', 'https://cloud.example/image/v2'],
  ['https://cloud.example/image/v2/', 'https://cloud.example/image/v2'],
  ['https://cloud.example/image/v2.15', 'https://cloud.example/image/v2'],
  ['https://cloud.example/v1', 'https://cloud.example/v2'],
  ['https://cloud.example/v2/0123456789abcdef0123456789ABCDEF/', 'https://cloud.example/v2'],
  ['https://cloud.example/image/v2/6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'https://cloud.example/image/v2'],
  ['https://cloud.example/image//v2//our-project//', 'https://cloud.example/image/v2'],
  ['https://cloud.example/v1/image', 'https://cloud.example/v1/image/v2'],
])('the Image API of %s is %s', (url, expected) => {
  expect(imageApiV2(url, 'our-project')).toBe(expected);
});
