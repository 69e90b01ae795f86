import { describe, expect, test } from '@jest/globals';
import { mergeMetadata, metadataFromUser } from '../../lambda/model/metadata.ts';
import { nameFromKey } from '../../lambda/model/new-image.ts';

describe('user metadata', () => {
  test('is read by name', () => {
    expect(
      metadataFromUser({
        name: 'N',
        'disk-format': 'RAW',
        'min-disk': '10',
        'min-ram': '512',
        visibility: 'shared',
        protected: 'true',
        tags: 'a, b,',
        'os-version': 'Ubuntu 24.04 server 64bit',
        'property-os_distro': 'ubuntu',
        's3cmd-attrs': 'uid:0',
      }),
    ).toEqual({
      name: 'N',
      diskFormat: 'raw',
      minDisk: 10,
      minRam: 512,
      visibility: 'shared',
      protected: true,
      tags: ['a', 'b'],
      osVersion: 'Ubuntu 24.04 server 64bit',
      properties: { os_distro: 'ubuntu' },
    });
  });

  test.each([
    [{ 'min-ram': '-1' }, 'x-amz-meta-min-ram must be a whole number of MiB, but is "-1".'],
    [{ visibility: 'all' }, 'x-amz-meta-visibility must be one of private, shared, community, public, but is "all".'],
    [{ protected: 'yes' }, 'x-amz-meta-protected must be one of true, false, but is "yes".'],
  ])('%j is refused', (headers, message) => {
    expect(() => metadataFromUser(headers)).toThrow(expect.objectContaining({ code: 'bad-metadata', message }));
  });
});

test.each(['constructor', 'toString', '__proto__', 'hasownproperty'])(
  'a header of the name %s means nothing',
  (header) => {
    expect(metadataFromUser(JSON.parse(`{ "${header}": "ab" }`))).toEqual({});
  },
);

test('of merged layers the later wins, and properties merge', () => {
  const layers = [{ name: 'a', minRam: 1, properties: { x: '1', y: '1' } }, {}, { name: 'b', properties: { y: '2' } }];
  expect(mergeMetadata(...layers)).toEqual({ name: 'b', minRam: 1, properties: { x: '1', y: '2' } });
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
