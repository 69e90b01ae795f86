import { describe, expect, test } from '@jest/globals';
import { loggedRecords } from '../../lambda/adapters/logged-records.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { fail, moveTo, receive } from '../../lambda/model/record-changes.ts';
import { MemoryWorld } from '../support/memory-world.ts';
import { recordDraft } from './drop-record.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const { drop } = recordDraft();

function logged() {
  const lines: unknown[] = [];
  const log = { info: (message: string, fields?: unknown) => void lines.push([message, fields]), warn: () => {} };
  return { lines, records: loggedRecords(new MemoryWorld().records, log) };
}

const line = { record: 'a.json', target: 'here', bucket: 'drops', key: 'a.qcow2', dropId: 'v1' };

describe('records that are logged', () => {
  test('write a line for each status that a record comes to', async () => {
    const { lines, records } = logged();
    await records.change('a.json', () => receive(drop, 'here', NOW));
    await records.change('a.json', (stored) => stored && { ...moveTo(stored, 'created', NOW), image: { id: 'i1' } });
    expect(lines).toEqual([
      ['drop', { ...line, status: 'received' }],
      ['drop', { ...line, status: 'created', imageId: 'i1' }],
    ]);
  });

  test('say why a drop failed', async () => {
    const { lines, records } = logged();
    const empty = new ImageDropError('empty', 'The object has no bytes.');
    await records.change('a.json', () => fail(receive(drop, 'here', NOW), empty, NOW));
    expect(lines).toEqual([['drop', { ...line, status: 'failed', code: 'empty', reason: empty.message }]]);
  });

  test('are silent about a change within a status, and about none', async () => {
    const { lines, records } = logged();
    await records.change('a.json', () => receive(drop, 'here', NOW));
    await records.change('a.json', (stored) => stored && { ...stored, attempts: 1 });
    await records.change('a.json', () => undefined);
    await records.change('b.json', () => undefined);
    expect(lines).toHaveLength(1);
  });

  test('give what is stored', async () => {
    const { records } = logged();
    const written = await records.change('a.json', () => receive(drop, 'here', NOW));
    expect(await records.load('a.json')).toEqual(written);
  });
});
