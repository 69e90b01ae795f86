import { describe, expect, test } from '@jest/globals';
import { parseYaml } from '../../lambda/endpoints/yaml-document.ts';
import { failure } from '../support/outcome.ts';

const value = (text: string) => (parseYaml(`setting: ${text}\n`, 'clouds.yaml') as { setting: unknown }).setting;

describe('YAML, read as version 1.1', () => {
  test.each([
    ['yes', true],
    ['No', false],
    ['on', true],
    ['"no"', 'no'],
    ['~', null],
    ['610275', '610275'],
    ['0', '0'],
    ['12345678901234567890123', '12345678901234567890123'],
    ['3.14', '3.14'],
    ['2.0', '2.0'],
    ['"0123"', '0123'],
  ])('%s is %j', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  test.each(['0123', '0x1F', '1_000', '1e5', '3.10', '1:30', '-0', '2024-01-01'])(
    '%s is no text, for its spelling is lost',
    (text) => {
      expect(typeof value(text)).not.toBe('string');
    },
  );

  test('sections may share settings by <<', () => {
    const text = 'base: &base {a: 1, b: 2}\nother: {<<: *base, b: x}\n';
    expect(parseYaml(text, 'clouds.yaml')).toMatchObject({ other: { a: '1', b: 'x' } });
  });

  test('JSON is YAML', () => {
    expect(parseYaml('{\n\t"clouds": {"a": {"b": "\\u00e9"}}\n}', 'clouds.json')).toEqual({
      clouds: { a: { b: 'é' } },
    });
  });

  test('a fault is told by file and place, without the text', async () => {
    const { message } = await failure(() => parseYaml('a: "secret\n', '/home/me/secure.yaml'));
    expect(message).toMatch(/^\/home\/me\/secure\.yaml is not YAML: [A-Z_]+ at line \d+, column \d+\.$/);
  });
});
