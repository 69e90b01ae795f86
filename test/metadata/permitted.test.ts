import { describe, expect, test } from '@jest/globals';
import { resolveMetadata } from '../../lambda/metadata/resolve.ts';
import { ALL_RIGHTS, DEFAULT_RIGHTS, type DropperRights } from '../../lambda/model/dropper-rights.ts';
import type { ImageMetadata } from '../../lambda/model/metadata.ts';
import { VERSION_DEFAULTS } from '../../lambda/model/versions.ts';
import { failure } from '../support/outcome.ts';

interface Case {
  readonly yaml?: string;
  readonly user?: Readonly<Record<string, string>>;
  readonly metadata?: ImageMetadata;
  readonly may?: Partial<DropperRights>;
  /** Whether the target retires old versions. */
  readonly hasVersions?: boolean;
}

const file = (name: string, text: string) => ({ name, size: Buffer.byteLength(text), bytes: Buffer.from(text) });

const settled = ({ yaml = '', user = {}, metadata = {}, may, hasVersions = true }: Case) =>
  resolveMetadata({
    target: {
      name: 'here',
      metadata,
      ...(hasVersions && { versions: VERSION_DEFAULTS }),
      ...(may && { droppersMay: { ...DEFAULT_RIGHTS, ...may } }),
    },
    files: [file('linux/imagedrop.yaml', yaml)],
    userMetadata: user,
  }).metadata;

const FORBIDDEN = [
  'cinder_encryption_key_id',
  'cinder_encryption_key_deletion_policy',
  'os_encrypt_key_id',
  'os_encrypt_key_deletion_policy',
  'block_device_mapping',
  'img_block_device_mapping',
  'mappings',
  'img_mappings',
  'bdm_v2',
  'root_device_name',
  'instance_uuid',
  'image_type',
  'backup_type',
  '__system__cmkid',
  '__system__encrypted',
  '__isregistered',
];

describe('a property that gives power over other things', () => {
  test.each(FORBIDDEN)('%s is refused in a file and in user metadata, whatever the target allows', async (name) => {
    for (const hostile of [{ yaml: `properties:\n  ${name}: x\n` }, { user: { [`property-${name}`]: 'x' } }]) {
      const { code, message, nextStep } = await failure(() => settled({ ...hostile, may: ALL_RIGHTS }));
      expect(code).toBe('bad-metadata');
      const place = 'yaml' in hostile ? 'linux/imagedrop.yaml:2:3' : `x-amz-meta-property-${name}`;
      expect(message).toMatch(new RegExp(`^${place}: properties\\.${name} is forbidden: it .+\\.$`));
      expect(nextStep).toContain('Remove it there');
    }
  });

  test.each(FORBIDDEN)('%s is refused in the metadata of the target, too', async (name) => {
    const { message } = await failure(() => settled({ metadata: { properties: { [name]: 'x' } } }));
    expect(message).toMatch(/^targets\.here\.metadata: .+ is forbidden/);
  });

  test('is refused though a nearer place overrides it', async () => {
    const { message } = await failure(() =>
      settled({ yaml: 'properties: {Block_Device_Mapping: x}', user: { 'property-block_device_mapping': '' } }),
    );
    expect(message).toContain('linux/imagedrop.yaml:1:14');
  });

  test.each(['imagedrop_id=5d0f0c1e', 'ImageDrop_id=5d0f0c1e'])(
    'is refused as a tag that imagedrop recognises its own images by: %s',
    async (tag) => {
      const { code, message } = await failure(() => settled({ user: { tags: `linux,${tag}` }, may: ALL_RIGHTS }));
      expect(code).toBe('bad-metadata');
      expect(message).toContain(`x-amz-meta-tags: the tag "${tag}" is forbidden`);
    },
  );
});

const RESERVED = [
  'img_signature',
  'img_signature_certificate_uuid',
  'kernel_id',
  'owner_specified.openstack.md5',
  'base_image_ref',
];

describe('a reserved property', () => {
  test.each(RESERVED)('%s is refused unless the target allows it, with the setting that would', async (name) => {
    const user = { [`property-${name}`]: 'x' };
    const { code, message, nextStep } = await failure(() => settled({ user }));
    expect(code).toBe('bad-metadata');
    expect(message).toContain(`x-amz-meta-property-${name}: properties.${name} is reserved: it `);
    expect(nextStep).toContain(`targets.here.droppersMay to { properties: ["${name}"] }`);
    expect(settled({ user, may: { properties: [name] } }).properties).toEqual({ [name]: 'x' });
    expect(settled({ user, may: { properties: [`${name.slice(0, 6)}*`] } }).properties).toEqual({ [name]: 'x' });
    await failure(() => settled({ user, may: { properties: [name.slice(0, 6)] } }));
  });

  test('is allowed to the target itself, and to droppers who repeat its value', () => {
    const metadata = { properties: { kernel_id: 'k' } };
    expect(settled({ metadata }).properties).toEqual({ kernel_id: 'k' });
    expect(settled({ metadata, user: { 'property-kernel_id': 'k' } }).properties).toEqual({ kernel_id: 'k' });
    expect(() => settled({ metadata, user: { 'property-kernel_id': 'other' } })).toThrow('is reserved');
  });

  test('is not what describes an image or the hardware that it wants', () => {
    const properties = {
      os_distro: 'x',
      hw_disk_bus: 'scsi',
      'trait:HW_CPU_X86_AVX2': 'required',
      architecture: 'x86_64',
      team: 'a',
    };
    const user = Object.fromEntries(Object.entries(properties).map(([name, value]) => [`property-${name}`, value]));
    expect(settled({ user }).properties).toEqual(properties);
    expect(settled({ user: { 'property-__os_version': 'Ubuntu' } }).properties).toEqual({ __os_version: 'Ubuntu' });
  });
});

describe('a choice of the operator', () => {
  test.each([
    ['visibility', 'visibility: public', 'linux/imagedrop.yaml:1:1: visibility "public"', '{ visibility: ["public"] }'],
    ['protected', 'protected: true', 'linux/imagedrop.yaml:1:1: protected true', '{ protected: true }'],
    ['sharedWith', 'shared_with: [a]', 'linux/imagedrop.yaml:1:1: shared_with "a"', '{ sharedWith: ["a"] }'],
    ['family', 'family: a', 'linux/imagedrop.yaml:1:1: family "a"', '{ family: true }'],
    ['osHidden', 'os_hidden: true', 'linux/imagedrop.yaml:1:1: os_hidden true', '{ hidden: true }'],
  ])(
    '%s is refused where the target keeps it, with the place and the setting',
    async (_field, yaml, words, setting) => {
      const { code, message, nextStep } = await failure(() => settled({ yaml, may: { protected: false } }));
      expect(code).toBe('bad-metadata');
      expect(message).toBe(`${words} is for the operator of target here to choose.`);
      expect(nextStep).toContain(`targets.here.droppersMay to ${setting}`);
    },
  );

  test('is not the family where it has no effect', () => {
    expect(settled({ yaml: 'family: a', hasVersions: false })).toEqual({ family: 'a' });
  });

  test('is by default the visibility and os_hidden, and not the protection', async () => {
    expect(settled({ yaml: 'visibility: private\nprotected: true\n' })).toMatchObject({ protected: true });
    for (const yaml of ['visibility: shared', 'visibility: community', 'visibility: public', 'os_hidden: true']) {
      expect((await failure(() => settled({ yaml }))).code).toBe('bad-metadata');
    }
  });

  test('is free where the target lets droppers choose', () => {
    const yaml = 'visibility: public\nprotected: true\nos_hidden: true\n';
    const may = { visibility: ['public'], protected: true, hidden: true };
    expect(settled({ yaml, may })).toMatchObject({ visibility: 'public', protected: true, osHidden: true });
    expect(() => settled({ yaml: 'visibility: private', may })).not.toThrow();
    expect(() => settled({ yaml: 'visibility: community', may })).toThrow('visibility "community"');
  });

  test('of projects is free as far as the target names them, or has them itself', () => {
    const yaml = 'shared_with: [a, b]';
    expect(settled({ yaml, may: { sharedWith: ['a', 'b'] } })).toMatchObject({ sharedWith: ['a', 'b'] });
    expect(settled({ yaml, may: { sharedWith: ['*'] } })).toMatchObject({ sharedWith: ['a', 'b'] });
    expect(settled({ yaml, may: { sharedWith: ['a'] }, metadata: { sharedWith: ['b'] } })).toBeDefined();
    expect(() => settled({ yaml, may: { sharedWith: ['a'] } })).toThrow('shared_with "b"');
  });

  test('of projects goes with the visibility shared alone', () => {
    const user = { 'shared-with': 'a', visibility: 'private' };
    expect(() => settled({ user, may: ALL_RIGHTS })).toThrow(
      'x-amz-meta-shared-with: shared_with needs the visibility',
    );
    expect(settled({ user: { ...user, visibility: 'shared' }, may: ALL_RIGHTS })).toBeDefined();
  });

  test('may be repeated, but not taken back', () => {
    const metadata = { visibility: 'public', protected: true };
    expect(settled({ metadata, yaml: 'visibility: public\nprotected: true\n' })).toMatchObject(metadata);
    expect(settled({ metadata, yaml: 'visibility: private' })).toMatchObject({ visibility: 'private' });
    expect(() => settled({ metadata, yaml: 'protected: false', may: { protected: false } })).toThrow('protected false');
  });
});

describe('all places together', () => {
  const folder = (n: number, text: string) => file(`${'f/'.repeat(n)}imagedrop.yaml`, text);
  const together = (files: readonly ReturnType<typeof file>[]) =>
    resolveMetadata({ target: { name: 'here', metadata: {} }, files, userMetadata: {} }).metadata;

  test('have at most 64 KiB of properties, and the largest is named', async () => {
    const value = 'é'.repeat(10_000);
    const files = [0, 1, 2].map((n) =>
      folder(n, `properties:\n  p${n}: ${value}\n  q${n}: ${value}${'x'.repeat(n)}\n`),
    );
    expect(Object.keys(together(files.slice(0, 1)).properties ?? {})).toHaveLength(2);
    const { code, message, retryable } = await failure(() => together(files));
    expect([code, retryable]).toEqual(['bad-metadata', false]);
    expect(message).toContain('have 120015 bytes from all places together, and 65536 is the most');
    expect(message).toContain('the largest is properties.q2 in f/f/imagedrop.yaml:3:3 with 20004');
  });

  test('have at most as many properties as Glance takes by default, with our marks', async () => {
    const files = [0, 1].map((n) =>
      folder(n, `properties:\n${Array.from({ length: 62 }, (_, p) => `  p${n}_${p}: x\n`).join('')}`),
    );
    const { code, message } = await failure(() => together(files));
    expect(code).toBe('bad-metadata');
    expect(message).toContain('has 124 properties from all places together, and 123 is the most');
  });

  test('are not given in two files whose names differ in the ending alone', async () => {
    const files = [file('a.img.yaml', 'name: A'), file('a.img.yml', 'name: B')];
    expect(together(files.slice(1))).toEqual({ name: 'B' });
    const { code, message } = await failure(() => together(files));
    expect(code).toBe('bad-metadata');
    expect(message).toBe('a.img.yml: it is the same file as a.img.yaml.');
  });
});
