import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { userLayer } from '../../lambda/metadata/user-metadata.ts';
import { fileLayer } from '../../lambda/metadata/yaml-file.ts';
import { problemIn } from '../../lambda/model/json-schema.ts';
import { metadataOf } from '../../lambda/model/metadata.ts';
import { METADATA_SCHEMA } from '../../lambda/model/metadata-schema.ts';

const { visibility, disk_format } = METADATA_SCHEMA.properties;

const isFree = (name: string): boolean => problemIn({ properties: { [name]: '' } }, METADATA_SCHEMA) === undefined;
const isLine = (text: string): boolean => problemIn({ name: text }, METADATA_SCHEMA) === undefined;

const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter(isLine);
const wholeNumber = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const properties = fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }).filter(isFree), line, { maxKeys: 8 });

/** Whatever the schema allows, by the names of the schema. */
const said = fc.record(
  {
    name: line,
    disk_format: fc.constantFrom(...disk_format.enum),
    min_disk: wholeNumber,
    min_ram: wholeNumber,
    visibility: fc.constantFrom(...visibility.enum),
    protected: fc.boolean(),
    os_hidden: fc.boolean(),
    tags: fc.uniqueArray(line, { maxLength: 5 }),
    os_version: line,
    properties,
  },
  { requiredKeys: [] },
);

const bytes = (text: string) => ({ name: 'a.yaml', size: Buffer.byteLength(text), bytes: Buffer.from(text) });

// Folded lines are left out: yaml's writer (2.9.1) may cut a character beyond the first plane in two.
test('what the schema allows is read from YAML and from JSON as it was written', () => {
  fc.assert(
    fc.property(said, (values) => {
      const expected = JSON.parse(JSON.stringify(metadataOf(values)));
      for (const text of [
        stringify(values, { lineWidth: 0 }),
        JSON.stringify(values),
        stringify(values, { indent: 4, lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE' }),
      ]) {
        const { metadata, origins } = fileLayer(bytes(text));
        expect(JSON.parse(JSON.stringify(metadata))).toEqual(expected);
        for (const origin of Object.values(origins)) expect(origin).toMatch(/^a\.yaml:\d+:\d+$/);
      }
    }),
  );
});

// A tag with a comma cannot be said there.
test('user metadata without tags say what a file says', () => {
  fc.assert(
    fc.property(said, (values) => {
      const { tags: _tags, properties: own = {}, ...plain } = values;
      const headers = [
        ...Object.entries(plain).map(([name, value]) => [name.replaceAll('_', '-'), String(value)]),
        ...Object.entries(own).map(([name, value]) => [`property-${name}`, value]),
      ];
      const withoutTags = { ...plain, ...(Object.keys(own).length > 0 && { properties: own }) };
      const ofFile = fileLayer(bytes(JSON.stringify(withoutTags))).metadata;
      expect(userLayer(Object.fromEntries(headers)).metadata).toEqual(ofFile);
    }),
  );
});

test('no text at all makes more than a refusal', () => {
  const yamlish = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          'name',
          ':',
          ' ',
          '\n',
          '- ',
          '{',
          '}',
          '[',
          ']',
          '&a',
          '*a',
          '!!str',
          '"',
          "'",
          '|',
          '>',
          '#',
          '? ',
          'tags',
          'properties',
          '<<',
          '1',
          '%',
          '---',
          '\t',
          ',',
        ),
        { maxLength: 60 },
      )
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(yamlish, (text) => {
      try {
        expect(problemIn(fileLayer(bytes(text)).metadata, {})).toBeUndefined();
      } catch (error) {
        expect(error).toMatchObject({
          code: 'bad-metadata',
          message: expect.stringMatching(/^a\.yaml(, line \d+, column \d+)?: /),
        });
      }
    }),
    { numRuns: 1000 },
  );
});
