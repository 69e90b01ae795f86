import { describe, expect, test } from '@jest/globals';
import { isMetadataKey, MAX_FOLDERS, metadataKeys } from '../../lambda/model/metadata-keys.ts';

const keysOf = (key: string): readonly string[] => Object.values<readonly string[]>({ ...metadataKeys(key) }).flat();

describe('what speaks of an image', () => {
  test.each([
    ['a.img', ['imagedrop.yaml', 'a.img.yaml']],
    ['linux/lts/a.img', ['imagedrop.yaml', 'linux/imagedrop.yaml', 'linux/lts/imagedrop.yaml', 'linux/lts/a.img.yaml']],
    ['/x//a', ['imagedrop.yaml', '/imagedrop.yaml', '/x/imagedrop.yaml', '/x//imagedrop.yaml', '/x//a.yaml']],
  ])('%s: from the top of the bucket down', (key, keys) => {
    expect(keysOf(key)).toEqual(keys);
  });

  test('of a key that is deeper than anybody sorts, the nearest folders', () => {
    const folders = Array.from({ length: 40 }, (_, index) => `${index}/`);
    const keys = keysOf(`${folders.join('')}a.img`);
    expect(keys).toHaveLength(MAX_FOLDERS + 1);
    expect(keys[0]).toBe(`${folders.slice(0, 31).join('')}imagedrop.yaml`);
    expect(keys.at(-2)).toBe(`${folders.join('')}imagedrop.yaml`);
  });

  test('no key that S3 cannot have', () => {
    expect(keysOf('é'.repeat(512))).toEqual(['imagedrop.yaml']);
    expect(keysOf('a'.repeat(1019))).toHaveLength(2);
  });
});

test.each([
  ['imagedrop.yaml', true],
  ['linux/a.qcow2.yaml', true],
  ['a.yml', false],
  ['a.yaml.img', false],
  ['a.YAML', false],
  ['yaml', false],
])('%s speaks of images: %s', (key, expected) => {
  expect(isMetadataKey(key)).toBe(expected);
});
