import { describe, expect, test } from '@jest/globals';
import { observedRecords } from '../../lambda/adapters/s3-records.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { fail, moveTo, receive } from '../../lambda/model/record-changes.ts';
import { MemoryWorld } from '../support/memory-world.ts';
import { recordDraft } from './drop-record.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const { drop } = recordDraft();

function logged() {
  const lines: unknown[] = [];
  const log = { info: (message: string, fields?: unknown) => void lines.push([message, fields]), warn: () => {} };
  const counted: string[] = [];
  const count = (key: string, { status }: DropRecord) => void counted.push(`${key} ${status}`);
  return { lines, counted, records: observedRecords(new MemoryWorld().records, { log, count }) };
}

const line = { record: 'a.json', target: 'here', bucket: 'drops', key: 'a.qcow2', dropId: 'v1' };

describe('records that are observed', () => {
  test('write a line and count a drop for each status that a record gets', async () => {
    const { lines, counted, records } = logged();
    await records.change('a.json', () => receive(drop, 'here', NOW));
    await records.change('a.json', (stored) => stored && { ...moveTo(stored, 'created', NOW), image: { id: 'i1' } });
    expect(lines).toEqual([
      ['drop', { ...line, status: 'received' }],
      ['drop', { ...line, status: 'created', imageId: 'i1' }],
    ]);
    expect(counted).toEqual(['a.json received', 'a.json created']);
  });

  test('say why a drop failed', async () => {
    const { lines, records } = logged();
    const empty = new ImageDropError('empty', 'The object has no bytes.');
    await records.change('a.json', () => fail(receive(drop, 'here', NOW), empty, NOW));
    expect(lines).toEqual([['drop', { ...line, status: 'failed', code: 'empty', reason: empty.message }]]);
  });

  test('are silent about a change within a status, and about none', async () => {
    const { lines, counted, records } = logged();
    await records.change('a.json', () => receive(drop, 'here', NOW));
    await records.change('a.json', (stored) => stored && { ...stored, attempts: 1 });
    await records.change('a.json', () => undefined);
    await records.change('b.json', () => undefined);
    expect(lines).toHaveLength(1);
    expect(counted).toHaveLength(1);
  });

  test('give what is stored', async () => {
    const { records } = logged();
    const written = await records.change('a.json', () => receive(drop, 'here', NOW));
    expect(await records.load('a.json')).toEqual(written);
  });
});
