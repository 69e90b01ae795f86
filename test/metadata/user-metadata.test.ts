import { describe, expect, test } from '@jest/globals';
import { userLayer } from '../../lambda/metadata/user-metadata.ts';

describe('user metadata', () => {
  const headers = {
    name: 'N',
    'disk-format': 'RAW',
    'min-disk': '10',
    'min-ram': '512',
    visibility: 'Shared',
    protected: 'true',
    'os-hidden': 'false',
    tags: 'a, b,',
    'os-version': 'Ubuntu 24.04 server 64bit',
    'property-os_distro': 'ubuntu',
    'property-hw-x': '1',
    's3cmd-attrs': 'uid:0',
    mtime: '17',
    properties: 'not by this name',
  };

  test('is read by name', () => {
    expect(userLayer(headers).metadata).toEqual({
      name: 'N',
      diskFormat: 'raw',
      minDisk: 10,
      minRam: 512,
      visibility: 'shared',
      protected: true,
      osHidden: false,
      tags: ['a', 'b'],
      osVersion: 'Ubuntu 24.04 server 64bit',
      properties: { os_distro: 'ubuntu', 'hw-x': '1' },
    });
  });

  test('leaves a checksum alone that another tool has put there', () => {
    expect(userLayer({ checksum: 'd41d8cd98f00b204e9800998ecf8427e' }).metadata).toEqual({});
    expect(() => userLayer({ checksum: 'sha256:1234' })).toThrow('x-amz-meta-checksum');
  });

  test('names the header of each value', () => {
    expect(userLayer(headers).origins).toMatchObject({
      name: 'x-amz-meta-name',
      minDisk: 'x-amz-meta-min-disk',
      'properties.os_distro': 'x-amz-meta-property-os_distro',
    });
  });

  test('can be written with _ for -, but not both ways at once', () => {
    expect(userLayer({ min_disk: '3' }).metadata).toEqual({ minDisk: 3 });
    expect(() => userLayer({ min_disk: '3', 'min-disk': '4' })).toThrow(
      'x-amz-meta-min-disk says the same as x-amz-meta-min_disk: keep one of them.',
    );
  });

  test.each([
    [{ 'min-ram': '-1' }, 'x-amz-meta-min-ram must be a whole number from 0 to 2147483647, but is "-1".'],
    [
      { 'min-disk': '2147483648' },
      'x-amz-meta-min-disk must be a whole number from 0 to 2147483647, but is 2147483648.',
    ],
    [{ visibility: 'all' }, 'x-amz-meta-visibility must be one of private, shared, community, public, but is "all".'],
    [{ protected: 'yes' }, 'x-amz-meta-protected must be true or false, but is "yes".'],
    [{ tags: 'a,b,a' }, 'x-amz-meta-tags must be a list of at most 128, none of them twice, but is a list of 3.'],
    [
      { name: '' },
      'x-amz-meta-name must be text of 1 to 255 characters in one line, without control characters, but is "".',
    ],
  ])('%j is refused', (userMetadata, message) => {
    expect(() => userLayer(userMetadata)).toThrow(expect.objectContaining({ code: 'bad-metadata', message }));
  });

  test.each(['name', 'tags', 'property-a'])('is refused where S3 had to encode it: %s', (header) => {
    // "Smörgås", as S3 gives it.
    expect(() => userLayer({ [header]: '=?UTF-8?B?U23DtnJnw6Vz?=' })).toThrow(
      expect.objectContaining({
        code: 'bad-metadata',
        message: `x-amz-meta-${header} has letters beyond ASCII, which S3 does not keep as they are: say it in KEY.yaml.`,
      }),
    );
  });

  test('cannot set what the service or imagedrop sets', () => {
    expect(() => userLayer({ 'property-size': '1' })).toThrow(
      /^x-amz-meta-property-size is not a name that can stand here: use a name of 1 to 255 characters/,
    );
  });
});

test.each(['constructor', 'toString', '__proto__', 'hasownproperty'])(
  'a header of the name %s means nothing',
  (header) => {
    expect(userLayer(JSON.parse(`{ "${header}": "ab" }`))).toEqual({ metadata: {}, origins: {} });
  },
);
