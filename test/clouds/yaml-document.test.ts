import { describe, expect, test } from '@jest/globals';
import { parseYaml } from '../../lambda/clouds/yaml-document.ts';
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
    '%s is not accepted as text, because YAML drops its spelling',
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

  test('a fault is reported by file and place, without the text', async () => {
    const { message } = await failure(() => parseYaml('a: "secret\n', '/home/me/secure.yaml'));
    expect(message).toMatch(/^\/home\/me\/secure\.yaml is not YAML: [A-Z_]+ at line \d+, column \d+\.$/);
  });

  test.each([
    ['a list', 'a: 1\n? [secret, b]\n: x\n', 2],
    ['a mapping, as a template leaves it', 'password: {{ secret }}\n', 1],
    ['a moment', 'a: 1\nb: 2\n2024-01-01: x\n', 3],
    ['bytes', '!!binary c2VjcmV0: x\n', 1],
    ['an alias of a list', 'a: &secret [b]\n? *secret\n: x\n', 2],
  ])('%s is not a name: it is reported by its line, without the text', async (_, text, line) => {
    const { code, message } = await failure(() => parseYaml(text, 'clouds.yaml'));
    expect(code).toBe('bad-clouds-yaml');
    expect(message).toBe(`clouds.yaml has a name that is not text at line ${line}.`);
  });

  test.each([
    ['1', 'x'],
    ['~', 'x'],
    ['yes', 'x'],
  ])('%s names a setting', (name, setting) => {
    expect(Object.values(parseYaml(`${name}: ${setting}\n`, 'clouds.yaml') as object)).toEqual([setting]);
  });

  test('an alias of a text names a setting', () => {
    expect(parseYaml('a: &name b\n*name : x\n', 'clouds.yaml')).toEqual({ a: 'b', b: 'x' });
  });
});

describe('text that is not what its writer meant', () => {
  const problemOf = async (text: string) => (await failure(() => parseYaml(text, 'clouds.yaml'))).message;

  test.each(['!vault |\n    6338', '!env OS_PASSWORD', '!!python/object:os.system secret', '!Ref secret'])(
    'a tag that YAML does not define is refused with its place: %j',
    async (value) => {
      expect(await problemOf(`clouds:\n  password: ${value}\n`)).toBe(
        'clouds.yaml has a tag (!) that YAML does not define at line 2, column 13: write the value itself there.',
      );
    },
  );

  test('a tag that YAML defines is read', () => {
    expect(value('!!str 0123')).toBe('0123');
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeffclouds:\n  a: b\n', 'utf16le'), 'line 1, column 1'],
    ['UTF-16 without a mark', Buffer.from('clouds:\n', 'utf16le'), 'line 1, column 2'],
    ['Latin-1', Buffer.from('clouds:\n  password: geheim\u00fc\n', 'latin1'), 'line 2, column 19'],
  ])('%s is refused with its place', async (_name, bytes, place) => {
    const message = await problemOf(bytes.toString());
    expect(message).toContain(`clouds.yaml is not text in UTF-8 at ${place}`);
    expect(message).not.toContain('geheim');
  });

  test('UTF-8 with a mark is read', () => {
    expect(parseYaml('\ufeffa: \u00fc\n', 'clouds.yaml')).toEqual({ a: '\u00fc' });
  });
});
