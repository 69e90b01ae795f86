import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { BEGIN, constructLists, membersOf } from './construct-tables.ts';

const PATH = new URL('../../docs/construct.md', import.meta.url);
const [before = ''] = readFileSync(PATH, 'utf8').split(BEGIN);

describe('docs/construct.md', () => {
  test('describes interfaces that the package gives', () => {
    const index = readFileSync(new URL('../../lib/index.ts', import.meta.url), 'utf8');
    for (const [, name = ''] of constructLists().matchAll(/^### (\w+)$/gm)) expect(index).toMatch(`${name}`);
  });

  test('shows an app of ten lines', () => {
    const [app = ''] = Array.from(before.matchAll(/```ts\n([\s\S]*?)```/g), ([, code]) => code);
    expect(app).toContain("from '@imagedrop/cdk'");
    expect(app.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  });
});

test('every property says what it means', () => {
  expect(constructLists()).not.toMatch(/^- \S+(?: \(.+?\))?: {2}/m);
});

test('every optional property of the construct says its default', () => {
  const silent = membersOf('ImageDropProps', 'lib/settings/props.ts').filter(
    ({ isOptional, byDefault }) => isOptional && byDefault === undefined,
  );
  expect(silent).toEqual([]);
});
