import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FORMATS } from '../../lambda/formats/registry.ts';
import { type JsonSchema, problemIn } from '../../lambda/model/json-schema.ts';
import { METADATA_SCHEMA } from '../../lambda/model/metadata-schema.ts';

const PUBLISHED = join(import.meta.dirname, '../../docs/schema/metadata.schema.json');

describe('the published schema', () => {
  const text = readFileSync(PUBLISHED, 'utf8');

  test('has an id, and describes each value with an example or what it can be', () => {
    const { $schema, $id, properties, additionalProperties } = JSON.parse(text);
    expect($schema).toBe('http://json-schema.org/draft-07/schema#');
    expect($id).toMatch(/^urn:/);
    expect(additionalProperties).toBe(false);
    for (const [name, schema] of Object.entries<JsonSchema>(properties)) {
      expect([name, schema.description]).toEqual([name, expect.stringMatching(/\.$/)]);
      expect([name, schema.examples !== undefined || schema.type === 'boolean']).toEqual([name, true]);
    }
  });
});

test('the examples of the schema are allowed by it', () => {
  const examples = [
    ...METADATA_SCHEMA.examples,
    ...Object.entries<JsonSchema>(METADATA_SCHEMA.properties).flatMap(([name, { examples: own = [] }]) =>
      own.map((value) => ({ [name]: value })),
    ),
  ];
  expect(examples.length).toBeGreaterThan(9);
  for (const example of examples) expect([example, problemIn(example, METADATA_SCHEMA)]).toEqual([example, undefined]);
});

test('every format of the registry can be named as disk_format', () => {
  const allowed: readonly unknown[] = METADATA_SCHEMA.properties.disk_format.enum;
  for (const { name } of FORMATS) expect(allowed).toContain(name);
  expect(allowed).toContain('raw');
});
