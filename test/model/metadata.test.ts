import { describe, expect, test } from '@jest/globals';
import { FIELD_OF, layerAt, mergeLayers, metadataOf } from '../../lambda/model/metadata.ts';
import { METADATA_SCHEMA } from '../../lambda/model/metadata-schema.ts';
import { nameFromKey } from '../../lambda/model/new-image.ts';

describe('layers', () => {
  const merged = mergeLayers(
    layerAt('top', { name: 'a', minRam: 1, tags: ['x', 'y'], properties: { x: '1', y: '1' } }),
    layerAt('nothing', {}),
    layerAt('near', { name: 'b', tags: ['z'], properties: { y: '2', 'with.dot': '3' } }),
  );

  test('win by their order; properties merge name by name, tags as a whole', () => {
    expect(merged.metadata).toEqual({
      name: 'b',
      minRam: 1,
      tags: ['z'],
      properties: { x: '1', y: '2', 'with.dot': '3' },
    });
  });

  test('say the place of each value', () => {
    expect(merged.origins).toEqual({
      name: 'near',
      minRam: 'top',
      tags: 'near',
      'properties.x': 'top',
      'properties.y': 'near',
      'properties.with.dot': 'near',
    });
  });

  test('of nothing say nothing', () => {
    expect(mergeLayers()).toEqual({ metadata: {}, origins: {} });
  });
});

test('every name of the schema is one field, in camel case', () => {
  expect(Object.keys(FIELD_OF)).toEqual(Object.keys(METADATA_SCHEMA.properties));
  const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  expect(Object.values(FIELD_OF)).toEqual(Object.keys(FIELD_OF).map(camelCase));
  expect(metadataOf({ min_disk: 3, properties: { min_disk: 'x' } })).toEqual({
    minDisk: 3,
    properties: { min_disk: 'x' },
  });
});

test.each([
  ['linux/ubuntu-24.04.qcow2', 'ubuntu-24.04'],
  ['disk.IMG', 'disk'],
  ['.vmdk', '.vmdk'],
  ['folder/', 'folder'],
  ['archive.tar', 'archive.tar'],
  [`${'é'.repeat(300)}.vhd`, 'é'.repeat(255)],
])('the key %j makes the name %j', (key, name) => {
  expect(nameFromKey(key)).toBe(name);
});
