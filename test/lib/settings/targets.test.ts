import { describe, expect, test } from '@jest/globals';
import type { TargetProps } from '../../../lib/settings/target-props.ts';
import { resolveTargets } from '../../../lib/settings/targets.ts';

/** As from cdk.json, where no compiler has looked. */
const settle = (targets: unknown) => resolveTargets(targets as Record<string, TargetProps>);

describe('the targets', () => {
  test('a glance target has the limits of stock Glance', () => {
    expect(settle({ mycloud: { kind: 'glance' } })).toEqual([
      {
        name: 'mycloud',
        kind: 'glance',
        maxPutBytes: 1024 ** 4,
        route: 'auto',
        maxStreamBytes: 32 * 1024 ** 3,
        activeWithinSeconds: 6 * 60 * 60,
        minDisk: { lowest: 0, highest: 2147483647 },
        convertTo: 'raw',
        unrecognisedRaw: 'warn',
        metadata: {},
      },
    ]);
  });

  test('can require a checksum of the publisher', () => {
    const [mycloud] = settle({ mycloud: { kind: 'glance', require: 'checksum', checksumWithinSeconds: 60 } });
    expect(mycloud).toMatchObject({ require: 'checksum', checksumWithinSeconds: 60 });
  });

  test('lets droppers choose what it says, and for the rest the default', () => {
    const [mycloud] = settle({
      mycloud: { kind: 'glance', droppersMay: { visibility: ['shared'], properties: ['img_*'] } },
    });
    expect(mycloud?.droppersMay).toEqual({
      visibility: ['shared'],
      protected: true,
      hidden: false,
      family: false,
      sharedWith: [],
      properties: ['img_*'],
    });
  });

  test('retires older versions where it says so, and for the rest by default', () => {
    expect(settle({ mycloud: { kind: 'glance', versions: {} } })[0]?.versions).toEqual({
      keep: 3,
      old: 'hide',
      oldName: '{name} ({date})',
    });
    expect(settle({ otc: { kind: 'ims', versions: { old: 'rename', keep: 5 } } })[0]?.versions).toMatchObject({
      keep: 5,
    });
    expect(settle({ mycloud: { kind: 'glance' } })[0]).not.toHaveProperty('versions');
  });

  test('an ims target has the limits of the IMS reference', () => {
    expect(settle({ otc: { kind: 'ims' } })).toEqual([
      {
        name: 'otc',
        kind: 'ims',
        maxPutBytes: 1_999_999_999,
        route: 'auto',
        maxStreamBytes: 32 * 1024 ** 3,
        activeWithinSeconds: 6 * 60 * 60,
        minDisk: { lowest: 40, highest: 1024 },
        objectStorage: { maxRegisterBytes: 128e9, maxFastImportBytes: 1e12 },
        convertTo: 'vhd',
        unrecognisedRaw: 'warn',
        metadata: {},
      },
    ]);
  });

  test("the caller's values win, and what is not given keeps its default", () => {
    const [otc] = settle({
      otc: {
        kind: 'ims',
        maxPutBytes: 128e9,
        route: 'stream',
        maxStreamBytes: 64e9,
        activeWithinSeconds: 600,
        minDisk: { lowest: 10 },
        staging: { bucket: 'my-images', endpoint: 'https://obs.eu-de.otc.t-systems.com' },
        maxRegisterBytes: 64e9,
        maxFastImportBytes: 5e11,
        convertTo: 'zvhd2',
        unrecognisedRaw: 'reject',
        metadata: { osVersion: 'Ubuntu 24.04 server 64bit', properties: { team: 'images' } },
      },
    });
    expect(otc).toEqual({
      name: 'otc',
      kind: 'ims',
      maxPutBytes: 128e9,
      route: 'stream',
      maxStreamBytes: 64e9,
      activeWithinSeconds: 600,
      minDisk: { lowest: 10, highest: 1024 },
      objectStorage: {
        maxRegisterBytes: 64e9,
        maxFastImportBytes: 5e11,
        staging: { bucket: 'my-images', endpoint: 'https://obs.eu-de.otc.t-systems.com', region: 'eu-de' },
      },
      convertTo: 'zvhd2',
      unrecognisedRaw: 'reject',
      metadata: { osVersion: 'Ubuntu 24.04 server 64bit', properties: { team: 'images' } },
    });
  });

  test('several targets keep their order', () => {
    const targets = settle({ b: { kind: 'glance' }, a: { kind: 'ims' } });
    expect(targets.map((target) => target.name)).toEqual(['b', 'a']);
  });

  test.each([
    ['no target', {}, 'targets is {}: name at least one cloud of clouds.yaml'],
    ['targets that are a list', [{ kind: 'glance' }], 'targets is [{"kind":"glance"}]: give an object of named values'],
    ['a target that is a word', { a: 'glance' }, 'targets.a is "glance": give an object of named values'],
    ['a name with a slash', { 'a/b': { kind: 'glance' } }, 'targets is "a/b": a target is named with 1 to 64 letters'],
    ['a name of 65 letters', { ['a'.repeat(65)]: { kind: 'glance' } }, 'a target is named with 1 to 64 letters'],
    ['a target without kind', { a: {} }, 'targets.a.kind is missing: no kind of endpoint has this name'],
    [
      'an unknown kind',
      { a: { kind: 'nova' } },
      'targets.a.kind is "nova": no kind of endpoint has this name; use glance or ims.',
    ],
    ['a kind every object inherits', { a: { kind: 'toString' } }, 'targets.a.kind is "toString"'],
    [
      'a misspelt property',
      { a: { kind: 'ims', maxPutByte: 1 } },
      'targets.a.maxPutByte is 1: nothing has this name; use kind, maxPutBytes,',
    ],
    [
      'bytes as text',
      { a: { kind: 'ims', maxPutBytes: '2 GB' } },
      'targets.a.maxPutBytes is "2 GB": give a whole number from 1',
    ],
    [
      'no byte at all',
      { a: { kind: 'ims', maxPutBytes: 0 } },
      'targets.a.maxPutBytes is 0: give a whole number from 1',
    ],
    [
      'a route that is none',
      { a: { kind: 'glance', route: 'register' } },
      'targets.a.route is "register": a target of kind glance takes auto, stream, import.',
    ],
    [
      'an import by IMS',
      { a: { kind: 'ims', route: 'import' } },
      'targets.a.route is "import": a target of kind ims takes auto, stream, register.',
    ],
    [
      'no byte to stream',
      { a: { kind: 'glance', maxStreamBytes: 0 } },
      'targets.a.maxStreamBytes is 0: give a whole number from 1',
    ],
    [
      'no time to become active',
      { a: { kind: 'ims', activeWithinSeconds: 59 } },
      'targets.a.activeWithinSeconds is 59: give a whole number from 60 to 1209600',
    ],
    [
      'crossed bounds',
      { a: { kind: 'ims', minDisk: { lowest: 2000 } } },
      'targets.a.minDisk is {"lowest":2000,"highest":1024}: lowest is above highest',
    ],
    [
      'an unknown bound',
      { a: { kind: 'ims', minDisk: { min: 1 } } },
      'targets.a.minDisk.min is 1: nothing has this name; use lowest, highest.',
    ],
    [
      'a bound that is no whole number',
      { a: { kind: 'ims', minDisk: { lowest: 0.5 } } },
      'targets.a.minDisk.lowest is 0.5: give a whole number from 0',
    ],
    [
      'a conversion by Glance',
      { a: { kind: 'glance', convertTo: 'qcow2' } },
      'targets.a.convertTo is "qcow2": Glance keeps each file in its own format; leave it out.',
    ],
    [
      'a format in capitals',
      { a: { kind: 'ims', convertTo: 'VHD' } },
      'targets.a.convertTo is "VHD": give a disk_format of the service',
    ],
    [
      'metadata with a property that no setting allows',
      { a: { kind: 'glance', metadata: { properties: { block_device_mapping: '[]' } } } },
      'targets.a.metadata.properties.block_device_mapping is "[]": remove it, because it makes Nova attach',
    ],
    [
      'a misspelt permission',
      { a: { kind: 'glance', droppersMay: { visiblity: [] } } },
      'targets.a.droppersMay.visiblity is []: nothing has this name; use visibility, protected, hidden, family, sharedWith, properties.',
    ],
    [
      'a permission for no visibility',
      { a: { kind: 'glance', droppersMay: { visibility: ['all'] } } },
      'targets.a.droppersMay.visibility is ["all"]: give a list of private, shared, community, public.',
    ],
    [
      'a permission that is no flag',
      { a: { kind: 'glance', droppersMay: { protected: 'yes' } } },
      'targets.a.droppersMay.protected is "yes": give true or false.',
    ],
    [
      'a permission for what no setting allows',
      { a: { kind: 'glance', droppersMay: { properties: ['os_glance_x'] } } },
      'targets.a.droppersMay.properties is "os_glance_x": no setting allows it, because it belongs to Glance',
    ],
    [
      'another verdict on unrecognised raw disks',
      { a: { kind: 'ims', unrecognisedRaw: 'refuse' } },
      'targets.a.unrecognisedRaw is "refuse": use warn or reject.',
    ],
    [
      'a requirement that there is none of',
      { a: { kind: 'ims', require: 'luck' } },
      'targets.a.require is "luck": use none or checksum or signature.',
    ],
    [
      'a wait for checksums of two days',
      { a: { kind: 'ims', checksumWithinSeconds: 172_800 } },
      'targets.a.checksumWithinSeconds is 172800: give a whole number from 0 to 86400',
    ],
    [
      'one checksum for all images',
      { a: { kind: 'ims', metadata: { checksum: 'sha256:00' } } },
      'targets.a.metadata.checksum is "sha256:00": nothing has this name',
    ],
    [
      'sharing at a service that takes private images only',
      { a: { kind: 'ims', metadata: { sharedWith: ['team'] } } },
      'targets.a.metadata.sharedWith is ["team"]: IMS takes private images only; leave it out.',
    ],
    [
      'hidden versions at a service that hides nothing',
      { a: { kind: 'ims', versions: {} } },
      'targets.a.versions.old is "hide": a target of kind ims takes rename, delete.',
    ],
    [
      'no version that stays',
      { a: { kind: 'glance', versions: { keep: 0 } } },
      'targets.a.versions.keep is 0: give a whole number from 1 to',
    ],
    [
      'a name of old versions that does not say whose they are',
      { a: { kind: 'glance', versions: { oldName: 'old' } } },
      'targets.a.versions.oldName is "old": include {name}',
    ],
    [
      'a family of all images of a target',
      { a: { kind: 'glance', metadata: { family: 'all' } } },
      'targets.a.metadata.family is "all": nothing has this name',
    ],
    [
      'misspelt metadata',
      { a: { kind: 'ims', metadata: { minDsk: 1 } } },
      'targets.a.metadata.minDsk is 1: nothing has this name; use name, diskFormat,',
    ],
    [
      'tags as text',
      { a: { kind: 'ims', metadata: { tags: 'a,b' } } },
      'targets.a.metadata.tags is "a,b": give a list of texts.',
    ],
    [
      'a number among the properties',
      { a: { kind: 'ims', metadata: { properties: { a: 1 } } } },
      'targets.a.metadata.properties.a is 1: give text.',
    ],
    [
      'a size of the disk as text',
      { a: { kind: 'ims', metadata: { minDisk: '40' } } },
      'targets.a.metadata.minDisk is "40": give a whole number from 0 to 2147483647.',
    ],
    [
      'a visibility that is none',
      { a: { kind: 'ims', metadata: { visibility: 'all' } } },
      'targets.a.metadata.visibility is "all": give one of private, shared, community, public.',
    ],
    [
      'a line break in a tag',
      { a: { kind: 'ims', metadata: { tags: ['a', 'b\nc'] } } },
      'targets.a.metadata.tags[1] is "b\\nc": give text of 1 to 255 characters in one line',
    ],
    [
      'a field of the image among its properties',
      { a: { kind: 'ims', metadata: { properties: { size: '1' } } } },
      'targets.a.metadata.properties.size is "1": give a name of 1 to 255 characters in one line that is not a field',
    ],
    [
      'registering by glance',
      { a: { kind: 'glance', route: 'register' } },
      'targets.a.route is "register": a target of kind glance takes auto, stream, import.',
    ],
    [
      'registering without a bucket for it',
      { a: { kind: 'ims', route: 'register' } },
      'targets.a.route is "register": it needs staging',
    ],
    [
      'a staging bucket of glance',
      { a: { kind: 'glance', staging: { bucket: 'images', endpoint: 'https://obs.example' } } },
      'targets.a.staging is {"bucket":"images","endpoint":"https://obs.example"}: this kind of image service reads nothing',
    ],
    [
      'a limit that glance does not have',
      { a: { kind: 'glance', maxRegisterBytes: 1 } },
      'targets.a.maxRegisterBytes is 1: this kind of image service reads nothing',
    ],
    [
      'a staging bucket without a name',
      { a: { kind: 'ims', staging: { endpoint: 'https://obs.example' } } },
      'targets.a.staging.bucket is missing: give the name of a bucket',
    ],
    [
      'a staging bucket with a folder',
      { a: { kind: 'ims', staging: { bucket: 'images/new', endpoint: 'https://obs.example' } } },
      'targets.a.staging.bucket is "images/new": give the name of a bucket',
    ],
    [
      'object storage without an address',
      { a: { kind: 'ims', staging: { bucket: 'images', endpoint: 'obs.example' } } },
      'targets.a.staging.endpoint is "obs.example": give the address of the object storage',
    ],
    [
      'object storage with the bucket in its path',
      { a: { kind: 'ims', staging: { bucket: 'images', endpoint: 'https://obs.example/images' } } },
      'targets.a.staging.endpoint is "https://obs.example/images": give the address',
    ],
    [
      'object storage with an empty region',
      { a: { kind: 'ims', staging: { bucket: 'images', endpoint: 'https://obs.example', region: '' } } },
      'targets.a.staging.region is "": give a name.',
    ],
    [
      'an unknown setting of object storage',
      { a: { kind: 'ims', staging: { bucket: 'images', endpoint: 'https://obs.example', prefix: 'x' } } },
      'targets.a.staging.prefix is "x": nothing has this name',
    ],
    [
      'a limit that is no number',
      { a: { kind: 'ims', maxFastImportBytes: '1 TB' } },
      'targets.a.maxFastImportBytes is "1 TB": give a whole number',
    ],
    [
      'yes for true',
      { a: { kind: 'ims', metadata: { protected: 'yes' } } },
      'targets.a.metadata.protected is "yes": give true or false.',
    ],
  ])('refuses %s', (_case, targets, message) => {
    expect(() => settle(targets)).toThrow(
      expect.objectContaining({ name: 'SettingError', message: expect.stringContaining(message) }),
    );
  });

  test('signs for us-east-1 where the address of the object storage names no region', () => {
    const [target] = settle({ a: { kind: 'ims', staging: { bucket: 'images', endpoint: 'http://127.0.0.1:9000' } } });
    expect(target?.objectStorage?.staging?.region).toBe('us-east-1');
  });
});
