import { expect, test } from '@jest/globals';
import { creationFields } from '../../lambda/endpoints/within-limits.ts';
import type { Drop } from '../../lambda/model/drop.ts';
import { metadataFromUser } from '../../lambda/model/metadata.ts';
import { newImage } from '../../lambda/model/new-image.ts';
import { endpointAt, endpointOf } from '../support/endpoint-fixture.ts';
import { answer, bodyOf } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const drop: Drop = { bucket: 'b', key: 'dir/a.img', id: 'v', etag: 'e', size: 512, droppedAt: '' };

function imageOf(userMetadata: Record<string, string>, key = drop.key) {
  const metadata = metadataFromUser(userMetadata);
  const plan = {
    diskFormat: 'raw',
    range: { offset: 0, length: 1 },
    route: 'stream',
    reason: '',
    algorithms: [],
  } as const;
  const found = { format: 'raw', virtualSize: 512 } as const;
  return newImage({ drop: { ...drop, key }, target: 't', generation: 1, found, plan, metadata });
}

/** The body by which the image is asked for. */
function asked(userMetadata: Record<string, string>, kind: 'glance' | 'ims' = 'glance', key = drop.key) {
  const conform = endpointOf(kind, 'http://127.0.0.1:1').conform(imageOf(userMetadata, key));
  return JSON.parse(JSON.stringify(creationFields(conform)));
}

test('a property of a prototype is a property like any other', () => {
  // As an adapter would give it: the name is the object's own.
  const userMetadata = JSON.parse(
    '{"property-__proto__": "a", "property-constructor": "b", "__proto__": "c", "toString": "d"}',
  );
  const fields = asked(userMetadata);
  expect(Object.entries(fields)).toEqual(
    expect.arrayContaining([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]),
  );
  expect(({} as { a?: unknown }).a).toBeUndefined();
});

test('no property takes the place of a field of the image, or of a mark of ours', () => {
  const honest = asked({});
  const names = Object.keys(honest);
  expect(asked(Object.fromEntries(names.map((name) => [`property-${name}`, 'hostile'])))).toEqual(honest);
});

test('no property takes the place of the id that we have chosen', async () => {
  const bodies: { id?: string }[] = [];
  const endpoint = await endpointAt('glance', async (request, response) => {
    bodies.push(JSON.parse(await bodyOf(request)));
    answer(response, 201, { id: 'ours', status: 'queued', name: 'a' });
  });
  await endpoint.create({ ...imageOf({ 'property-id': 'hostile' }), id: 'ours' });
  expect(bodies).toMatchObject([{ id: 'ours' }]);
});

test.each(['min-disk', 'min-ram', 'visibility', 'protected'])(
  'a huge %s is refused in a short sentence',
  async (name) => {
    const { code, message } = await failure(() => metadataFromUser({ [name]: '9'.repeat(2048) }));
    expect(code).toBe('bad-metadata');
    expect(message.length).toBeLessThan(250);
  },
);

test.each(['glance', 'ims'] as const)('a huge name is cut to what %s takes, and the whole of it kept', (kind) => {
  const { name, imagedrop_original_name: whole } = asked({ name: 'n'.repeat(2000) }, kind);
  expect(name.length).toBeLessThanOrEqual(255);
  expect(whole).toBe('n'.repeat(2000));
});

test.each(['glance', 'ims'] as const)('no name for %s has a control character, of metadata or of a key', (kind) => {
  const hostile = 'a\u001b[2J\u009b\r\nX-Auth-Token: b\u202e\u0000c';
  for (const { name } of [asked({ name: hostile }, kind), asked({}, kind, `${hostile}.img`)]) {
    expect(name).toMatch(/^a-.*c$/);
    expect(name).not.toMatch(/[\p{Cc}\u202e]/u);
  }
});
