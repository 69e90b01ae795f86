import { describe, expect, test } from '@jest/globals';
import { isMetadataKey, MAX_FOLDERS, metadataKeys } from '../../lambda/model/metadata-keys.ts';

const keysOf = (key: string): readonly string[] => Object.values<readonly string[]>({ ...metadataKeys(key) }).flat();

describe('what speaks of an image', () => {
  test.each([
    ['a.img', ['imagedrop', 'a.img']],
    ['linux/lts/a.img', ['imagedrop', 'linux/imagedrop', 'linux/lts/imagedrop', 'linux/lts/a.img']],
    ['/x//a', ['imagedrop', '/imagedrop', '/x/imagedrop', '/x//imagedrop', '/x//a']],
  ])('%s: from the top of the bucket down, with either ending', (key, stems) => {
    expect(keysOf(key)).toEqual(stems.flatMap((stem) => [`${stem}.yaml`, `${stem}.yml`]));
  });

  test('of a key that is deeper than anybody sorts, the nearest folders', () => {
    const folders = Array.from({ length: 40 }, (_, index) => `${index}/`);
    const keys = keysOf(`${folders.join('')}a.img`);
    expect(keys).toHaveLength(2 * (MAX_FOLDERS + 1));
    expect(keys[0]).toBe(`${folders.slice(0, 31).join('')}imagedrop.yaml`);
    expect(keys.at(-4)).toBe(`${folders.join('')}imagedrop.yaml`);
  });

  test('no key that S3 cannot have', () => {
    expect(keysOf('é'.repeat(512))).toEqual(['imagedrop.yaml', 'imagedrop.yml']);
    expect(keysOf('a'.repeat(1019))).toHaveLength(4);
    expect(keysOf('a'.repeat(1020)).at(-1)).toMatch(/a\.yml$/);
  });
});

test.each([
  ['imagedrop.yaml', true],
  ['linux/a.qcow2.yaml', true],
  ['a.yml', true],
  ['imagedrop.yml', true],
  ['a.yml.img', false],
  ['a.yaml.img', false],
  ['a.YAML', false],
  ['yaml', false],
])('%s speaks of images: %s', (key, expected) => {
  expect(isMetadataKey(key)).toBe(expected);
});
