import { expect, test } from '@jest/globals';
import { dropTable } from '../../bin/ls/drop-table.ts';
import { listedOf } from '../../bin/ls/list-drops.ts';
import type { DropRecord } from '../../lambda/model/record.ts';

const since = '2026-01-02T03:04:05.000Z';

const version = (id: string, family: string, more: Partial<DropRecord> = {}): DropRecord =>
  ({
    status: 'active',
    target: 'here',
    drop: { bucket: 'drops', key: 'a.img', id, etag: 'e', size: 1, droppedAt: since },
    sent: { properties: { imagedrop_family: family } },
    ...more,
  }) as DropRecord;

test('imagedrop ls --family lists all versions of one image, and shows which is current', () => {
  const records = [
    version('v1', 'two words', { retired: { since, deleted: true } }),
    version('v2', 'two words', { retired: { since } }),
    version('v3', 'two words'),
    version('v4', 'two words', { duplicateOf: 'a.img/v3/here.json' }),
    version('v5', 'other'),
  ];
  const listed = listedOf(records, { failedOnly: false, all: false, family: 'two words' });
  expect(listed.map(({ drop }) => drop.id)).toEqual(['v1', 'v2', 'v3']);
  const states = dropTable(listed, new Date(since), (_style, text) => text)
    .split('\n')
    .slice(1, 4);
  expect(states.map((line) => line.split(/ {2,}/)[0])).toEqual(['active (deleted)', 'active (retired)', 'active']);
});
