import { describe, expect, test } from '@jest/globals';
import { conformByTarget } from '../../lambda/endpoints/registry.ts';
import { originsOf } from '../../lambda/metadata/origins.ts';
import { resolveMetadata } from '../../lambda/metadata/resolve.ts';
import { ALL_RIGHTS } from '../../lambda/model/dropper-rights.ts';
import type { FoundImage, UploadPlan } from '../../lambda/model/image.ts';
import type { ImageMetadata } from '../../lambda/model/metadata.ts';
import { fingerprinted, newImage } from '../../lambda/model/new-image.ts';
import type { TargetKind } from '../../lambda/model/target.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';

const GIB = 2 ** 30;
const drop = { bucket: 'drops', key: 'linux/a.qcow2', id: 'v1', etag: 'e', size: 1, droppedAt: '' };
const uefi: FoundImage = {
  format: 'qcow2',
  virtualSize: 50 * GIB,
  partitionTable: { scheme: 'gpt', sectorBytes: 512, partitions: [], endBytes: GIB, firmware: 'uefi' },
};

interface Case {
  readonly kind?: TargetKind;
  readonly defaults?: ImageMetadata;
  readonly yaml?: string;
  readonly user?: Readonly<Record<string, string>>;
  readonly found?: FoundImage;
  readonly diskFormat?: string;
}

/** Where each value that is sent comes from. */
function origins({ kind = 'glance', defaults = {}, yaml = '', user = {}, found = uefi, diskFormat = 'qcow2' }: Case) {
  const target = { ...TARGETS[kind], metadata: defaults, droppersMay: ALL_RIGHTS };
  const files = [{ name: 'linux/imagedrop.yaml', size: yaml.length, bytes: Buffer.from(yaml) }];
  const said = resolveMetadata({ target, files, userMetadata: user });
  const range = { offset: 0, length: 1 };
  const plan: UploadPlan = { route: 'stream', reason: '', diskFormat, range, algorithms: [] };
  const wanted = newImage({ drop, target: target.name, generation: 1, found, plan, metadata: said.metadata });
  return originsOf(wanted, fingerprinted(conformByTarget(wanted, target)), { found, plan }, said);
}

describe('the origin of a value', () => {
  test('is the file, or the default, where no one has given anything', () => {
    expect(origins({})).toEqual({
      id: 'imagedrop',
      name: 'found',
      diskFormat: 'found',
      containerFormat: 'default',
      minDisk: 'found',
      minRam: 'default',
      visibility: 'default',
      protected: 'default',
      tags: 'default',
      'properties.hw_firmware_type': 'found',
      'properties.imagedrop_metadata': 'imagedrop',
      'properties.imagedrop_id': 'imagedrop',
      'properties.imagedrop_record': 'imagedrop',
    });
  });

  test('is the nearest place that has given it', () => {
    const said = origins({
      defaults: { visibility: 'shared', minRam: 1, properties: { a: '1', b: '1' } },
      yaml: 'min_ram: 2\nos_hidden: true\nos_version: X\nproperties:\n  b: 2\n  hw_firmware_type: bios\n',
      user: { name: 'N', 'property-c': '3', tags: 'x' },
    });
    expect(said).toMatchObject({
      name: 'x-amz-meta-name',
      visibility: 'targets.here.metadata',
      minRam: 'linux/imagedrop.yaml:1:1',
      osHidden: 'linux/imagedrop.yaml:2:1',
      tags: 'x-amz-meta-tags',
      'properties.a': 'targets.here.metadata',
      'properties.b': 'linux/imagedrop.yaml:5:3',
      'properties.c': 'x-amz-meta-property-c',
      'properties.hw_firmware_type': 'linux/imagedrop.yaml:6:3',
      'properties.__os_version': 'linux/imagedrop.yaml:3:1',
    });
  });

  test('of min_disk is who asked for the larger one', () => {
    expect(origins({ yaml: 'min_disk: 51' }).minDisk).toBe('linux/imagedrop.yaml:1:1');
    expect(origins({ yaml: 'min_disk: 3' }).minDisk).toBe('found');
  });

  test('is the endpoint where it takes a value only in another form', () => {
    const said = origins({
      kind: 'ims',
      yaml: 'name: "smile 😀"\ntags: [linux]\n',
      found: { format: 'vmdk', virtualSize: GIB },
      diskFormat: 'zvhd2',
    });
    expect(said).toMatchObject({
      name: 'endpoint',
      tags: 'endpoint',
      minDisk: 'endpoint',
      diskFormat: 'endpoint',
      'properties.imagedrop_original_name': 'imagedrop',
    });
    expect(said).not.toHaveProperty(['properties.hw_firmware_type']);
  });
});
