import { describe, expect, test } from '@jest/globals';
import { creationFields } from '../../lambda/endpoints/within-limits.ts';
import { resolveMetadata } from '../../lambda/metadata/resolve.ts';
import { fileLayer } from '../../lambda/metadata/yaml-file.ts';
import type { Drop } from '../../lambda/model/drop.ts';
import { METADATA_SCHEMA } from '../../lambda/model/metadata-schema.ts';
import { newImage } from '../../lambda/model/new-image.ts';
import { endpointAt, endpointOf } from '../support/endpoint-fixture.ts';
import { answer, bodyOf } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const drop: Drop = { bucket: 'b', key: 'dir/a.img', id: 'v', etag: 'e', size: 512, droppedAt: '' };

interface Hostile {
  readonly user?: Readonly<Record<string, string>>;
  /** The text of a.img.yaml. */
  readonly yaml?: string;
  readonly key?: string;
}

const file = (text: string) => ({ name: 'dir/a.img.yaml', size: Buffer.byteLength(text), bytes: Buffer.from(text) });

function imageOf({ user = {}, yaml = '', key = drop.key }: Hostile) {
  const target = { name: 't', metadata: {} };
  const { metadata } = resolveMetadata({ target, files: [file(yaml)], userMetadata: user });
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
function asked(hostile: Hostile, kind: 'glance' | 'ims' = 'glance') {
  const conform = endpointOf(kind, 'http://127.0.0.1:1').conform(imageOf(hostile));
  return JSON.parse(JSON.stringify(creationFields(conform)));
}

/** The same property said in both ways. */
const saidBothWays = (name: string, value: string): readonly Hostile[] => [
  { user: JSON.parse(JSON.stringify({ X: value }).replace('X', `property-${name}`)) },
  { yaml: `properties:\n  ${JSON.stringify(name)}: ${JSON.stringify(value)}\n` },
];

describe('a property of a prototype', () => {
  test('is a property like any other', () => {
    // As an adapter would give it: the name is the object's own.
    const user = JSON.parse(
      '{"property-valueof": "a", "property-constructor": "b", "__proto__": "c", "toString": "d"}',
    );
    const yaml = 'properties: {valueof: a, constructor: b}';
    for (const hostile of [{ user }, { yaml }]) {
      expect(Object.entries(asked(hostile))).toEqual(
        expect.arrayContaining([
          ['valueof', 'a'],
          ['constructor', 'b'],
        ]),
      );
    }
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  test('is refused where its name begins as those of the service do', async () => {
    for (const hostile of saidBothWays('__proto__', 'a')) {
      const { code, message } = await failure(() => asked(hostile));
      expect(code).toBe('bad-metadata');
      expect(message).toContain('properties.__proto__ is forbidden');
    }
  });

  test.each([
    '__proto__: {polluted: yes}',
    'constructor: {prototype: {polluted: yes}}',
    'toString: x',
    'hasOwnProperty: x',
  ])('is not a value of an image: %s', async (text) => {
    expect(await failure(() => fileLayer(file(text)))).toMatchObject({ code: 'bad-metadata' });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a name that is not free', () => {
  const taken = [...Object.keys(asked({})), 'id', 'status', 'owner', 'size', 'checksum', 'locations', 'os_hidden'];

  test.each([...new Set([...taken, 'os_glance_x', 'imagedrop_metadata', 'imagedrop_new'])])(
    '%s is refused as a property in every source of metadata',
    async (name) => {
      for (const hostile of saidBothWays(name, 'hostile')) {
        const { code, message } = await failure(() => asked(hostile));
        expect(code).toBe('bad-metadata');
        expect(message).toContain('is not a name that can stand here');
      }
    },
  );

  test('is refused, too, when it is for a field of its own', () => {
    // These are no fields of an image.
    const others = ['properties', 'os_version', 'member', 'require', 'family', 'shared_with'];
    const names = Object.keys(METADATA_SCHEMA.properties).filter((name) => !others.includes(name));
    for (const name of names) expect(() => asked({ user: { [`property-${name}`]: 'x' } })).toThrow('is not a name');
  });

  test('does not take the place of the id that we have chosen', async () => {
    const bodies: { id?: string }[] = [];
    const endpoint = await endpointAt('glance', async (request, response) => {
      bodies.push(JSON.parse(await bodyOf(request)));
      answer(response, 201, { id: 'ours', status: 'queued', name: 'a' });
    });
    const image = imageOf({});
    await endpoint.create({ ...image, id: 'ours', properties: { ...image.properties, id: 'hostile' } });
    expect(bodies).toMatchObject([{ id: 'ours' }]);
  });
});

describe('a huge value', () => {
  test.each(['name', 'min-disk', 'min-ram', 'visibility', 'protected', 'disk-format', 'os-version'])(
    'of %s is refused in a short sentence',
    async (name) => {
      const { code, message } = await failure(() => asked({ user: { [name]: '9'.repeat(2048) } }));
      expect(code).toBe('bad-metadata');
      expect(message.length).toBeLessThan(250);
    },
  );

  test.each([
    `name: ${'n'.repeat(60_000)}`,
    `${'n'.repeat(900)}: 1`,
    `properties: {${'n'.repeat(900)}: 1}`,
    `properties: {a: ${'v'.repeat(60_000)}}`,
    `tags: [${'t, '.repeat(20_000)}t]`,
    `min_disk: ${'9'.repeat(60_000)}`,
    `name: *${'a'.repeat(60_000)}`,
    `name: !${'a'.repeat(60_000)} x`,
  ])('in a file is refused in a short sentence: %#', async (text) => {
    const { code, message } = await failure(() => fileLayer(file(text)));
    expect(code).toBe('bad-metadata');
    expect(message.length).toBeLessThan(600);
  });

  test('of 255 characters is a name, and cut to what IMS takes, with the whole of it kept', () => {
    const name = 'n'.repeat(255);
    expect(asked({ yaml: `name: ${name}` }).name).toBe(name);
    const { name: cut, imagedrop_original_name: whole } = asked({ yaml: `name: ${name}` }, 'ims');
    expect([cut.length, whole]).toEqual([128, name]);
  });
});

const CONTROLS = [
  '\r\nX-Auth-Token: stolen',
  '\n',
  '\u0000',
  '\u001b[2J',
  '\u009b31m',
  '\u007f',
  '\u202e',
  '\u2028',
  '\ud800',
];

describe('control characters, line breaks and turns of direction', () => {
  test.each(CONTROLS)('are refused in every text: %j', async (control) => {
    const text = JSON.stringify(`a${control}b`);
    for (const yaml of [
      `name: ${text}`,
      `os_version: ${text}`,
      `tags: [${text}]`,
      `properties: {a: ${text}}`,
      `properties: {${text}: a}`,
    ]) {
      const { code, message } = await failure(() => asked({ yaml }));
      expect(code).toBe('bad-metadata');
      expect(message).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    }
    for (const user of [{ name: `a${control}b` }, { tags: `a${control}b` }, { 'property-a': `a${control}b` }]) {
      expect(await failure(() => asked({ user }))).toMatchObject({ code: 'bad-metadata' });
    }
  });

  test.each(['glance', 'ims'] as const)('of a key do not come into the name of an image at %s', (kind) => {
    const { name } = asked({ key: 'a\u001b[2J\u009b\r\nX-Auth-Token: b\u202e\u0000c.img' }, kind);
    expect(name).toMatch(/^a-.*c$/);
    expect(name).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});
