import { describe, expect, test } from '@jest/globals';
import { fileLayer, MAX_FILE_BYTES } from '../../lambda/metadata/yaml-file.ts';
import { failure } from '../support/outcome.ts';

const NAME = 'linux/imagedrop.yaml';

const layerOf = (text: string | Buffer) => {
  const bytes = Buffer.from(text);
  return fileLayer({ name: NAME, size: bytes.length, bytes });
};

const ALL = `# All that can be said
name: Ubuntu 24.04
disk_format: qcow2
min_disk: 20
min_ram: 1024
visibility: shared
protected: true
os_hidden: false
tags:
  - linux
  - "24.04"
os_version: Ubuntu 24.04 server 64bit
properties:
  os_distro: ubuntu
  os_version: 24.10
  hw_cpu_cores: 4
  hw_vif_multiqueue_enabled: true
  hw_empty: ""
  description: >-
    of two lines
    that are one
`;

describe('a metadata file', () => {
  test('says what an image shall be', () => {
    expect(layerOf(ALL).metadata).toEqual({
      name: 'Ubuntu 24.04',
      diskFormat: 'qcow2',
      minDisk: 20,
      minRam: 1024,
      visibility: 'shared',
      protected: true,
      osHidden: false,
      tags: ['linux', '24.04'],
      osVersion: 'Ubuntu 24.04 server 64bit',
      properties: {
        os_distro: 'ubuntu',
        os_version: '24.10',
        hw_cpu_cores: '4',
        hw_vif_multiqueue_enabled: 'true',
        hw_empty: '',
        description: 'of two lines that are one',
      },
    });
  });

  test('says the place of each value', () => {
    const { origins } = layerOf(ALL);
    expect(origins).toMatchObject({
      name: `${NAME}:2:1`,
      tags: `${NAME}:9:1`,
      osVersion: `${NAME}:12:1`,
      'properties.os_version': `${NAME}:15:3`,
    });
    expect(Object.keys(origins)).toHaveLength(15);
  });

  test.each(['', '# Nothing yet.\n', '---\n', '\ufeff', '{}', 'properties: {}', 'tags: []'])(
    'that says nothing is none the worse: %j',
    (text) => {
      expect(layerOf(text).metadata).toEqual(text.includes(':') ? expect.anything() : {});
    },
  );

  test('may be JSON, and begin with a byte order mark', () => {
    expect(layerOf('\ufeff{"name": "N", "properties": {"a": 1.0}}').metadata).toEqual({
      name: 'N',
      properties: { a: '1.0' },
    });
  });

  test.each([
    ['min_disk: twenty', 'line 1, column 11: min_disk must be a whole number from 0 to 2147483647, but is "twenty"'],
    [
      'name: N\nmin_dsk: 1',
      'line 2, column 1: min_dsk is not a name that can stand here: use name, disk_format, min_disk,',
    ],
    ['protected: yes', 'line 1, column 12: protected must be true or false, but is "yes"'],
    ['visibility: everybody', 'line 1, column 13: visibility must be one of private, shared, community, public'],
    ['disk_format: ova', 'line 1, column 14: disk_format must be one of qcow2, qcow,'],
    [
      'name: 24.04',
      'line 1, column 7: name must be text of 1 to 255 characters in one line, without control characters (put it in quotes), but is 24.04',
    ],
    [
      'name:\nmin_disk: 1',
      'line 1, column 6: name must be text of 1 to 255 characters in one line, without control characters, but is empty',
    ],
    ['tags: linux', 'line 1, column 7: tags must be a list of texts, but is "linux"'],
    ['tags:\n  - a\n  - [b]', 'line 3, column 5: tags[1] must be text of 1 to 255 characters'],
    ['tags: [a,, b]', 'line 1, column 10: this is not YAML ('],
    [
      'properties:\n  hw_disk_bus: [scsi]',
      'line 2, column 16: properties.hw_disk_bus must be text of 0 to 21845 characters in one line, without control characters, but is a list of 1',
    ],
    ['properties:\n  os_distro:', 'line 2, column 13: properties.os_distro must be text'],
    [
      'properties:\n  size: 1',
      'line 2, column 3: properties.size is not a name that can stand here: use a name of 1 to 255 characters',
    ],
    ['properties: {imagedrop_id: x}', 'line 1, column 14: properties.imagedrop_id is not a name that can stand here'],
    ['- name: N', 'line 1, column 1: the file must be a mapping of names to values, but is a list of 1'],
    ['just words', 'line 1, column 1: the file must be a mapping of names to values, but is "just words"'],
    ['name: N\nname: M', 'line 2, column 1: name is here again'],
    ['name: "N', 'line 1, column 9: this is not YAML ('],
    ['name: N\n---\nname: M', 'line 2, column 1: this is not YAML ('],
    ['? [a]\n: b', 'line 1, column 3: a name must be text'],
    ['name: &n N', 'line 1, column 10: an anchor (&) cannot stand here: write the value alone'],
    ['name: !!str N', 'line 1, column 13: a tag (!) cannot stand here: write the value alone'],
    ['<<: {name: N}', 'line 1, column 1: << is not a name that can stand here'],
  ])('%j is refused with its place', async (text, words) => {
    const { code, message, nextStep } = await failure(() => layerOf(text));
    expect(code).toBe('bad-metadata');
    expect(message).toContain(`${NAME}, ${words}`);
    expect(nextStep).toBe('Correct the file at that place, then run `imagedrop retry` for the image or drop it again.');
  });

  test('of another version of YAML is refused', async () => {
    const { message } = await failure(() => layerOf('%YAML 1.1\n---\nprotected: yes\n'));
    expect(message).toBe(`${NAME}: it asks for another YAML than version 1.2.`);
  });

  test('that is not text, or too large, is refused', async () => {
    const { message } = await failure(() => layerOf(Buffer.from([0x6e, 0xff, 0xfe])));
    expect(message).toBe(`${NAME}: it is not text in UTF-8.`);
    const tooLarge = await failure(() => fileLayer({ name: NAME, size: MAX_FILE_BYTES + 1 }));
    expect(tooLarge.message).toBe(`${NAME}: it has 65537 bytes, and 65536 is the most that is read.`);
  });
});
