import { describe, expect, test } from '@jest/globals';
import { formatBytes } from '../../bin/format-bytes.ts';
import { recordLine } from '../../bin/records/record-line.ts';
import { report } from '../../bin/records/report.ts';
import { type Styler, stylerFor } from '../../bin/terminal/styles.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { fail, moveTo, receive } from '../../lambda/model/record-changes.ts';

const started = new Date('2026-01-02T03:04:05.000Z');
const drop = { bucket: 'b', key: 'a.img', id: 'v1', etag: 'e', size: 1536, droppedAt: started.toISOString() };
const received = receive(drop, 'mycloud', started);
const plain = stylerFor({});
const marked: Styler = (style, text) => `<${style}>${text}</>`;
const stored = (draft: object) => ({ ...draft, revision: 1, nonce: 'n' }) as DropRecord;

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [3 * 2 ** 30, '3 GiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

describe('the report', () => {
  test('has a row for each image', () => {
    const active = moveTo(received, 'active', new Date('2026-01-02T03:04:07.500Z'));
    const record = stored({
      ...active,
      found: { format: 'vhd', subformat: 'fixed', virtualSize: 2 ** 20 },
      image: { id: 'id-1' },
      sent: { name: 'a' },
      verification: { outcome: 'unverified', reported: {} },
    });
    expect(report([record], plain).split('\n')[1]).toBe(
      'a.img  vhd fixed  1 MiB         1.5 KiB  id-1      a     unverified  2.5',
    );
  });

  const active = stored({
    ...moveTo(received, 'active', started),
    drop: { ...drop, key: 'a-disk-with-a-long-name-24.04.qcow2' },
    found: { format: 'qcow2', subformat: 'v3', virtualSize: 2 ** 30, warnings: ['It has no partitions.'] },
    image: { id: 'be46e016-f2ae-5a8b-ad3d-cb91ba53e0f4' },
    sent: { name: 'a-disk-with-a-long-name-24.04' },
    verification: { outcome: 'verified', algorithm: 'sha512' },
  });

  test('shows the warnings of an image', () => {
    expect(report([active], marked)).toMatch(/qcow2 {2}<yellow>warning {2}It has no partitions\.<\/>\n$/);
  });

  test.each([120, 80, 60])('fits a terminal of %i columns: ids are shortened before names', (room) => {
    const [head = '', row = ''] = report([active], plain, room).split('\n');
    expect(Math.max(head.length, row.length)).toBeLessThanOrEqual(room);
    expect(row).toMatch(/^a-disk-w/);
    expect(row).toMatch(/be46e016/);
    expect(row).toContain('sha512');
  });

  test('has a paragraph for each failure', () => {
    const error = new ImageDropError('forbidden', 'No.', { cause: new Error('policy'), nextStep: 'Ask.' });
    expect(report([stored(fail(received, error, started))], plain)).toBe(
      'a.img  failed  forbidden\n    No.\n    next   Ask.\n    cause  policy\n',
    );
    expect(report([stored(fail(received, error, started))], marked)).toBe(
      'a.img  <red>failed  forbidden</>\n    No.\n    next   <bold>Ask.</>\n    cause  policy\n',
    );
    expect(report([stored(moveTo(received, 'superseded', started))], plain)).toBe('a.img  superseded\n');
  });
});

describe('the line of a record', () => {
  test.each([
    [received, 'a.img  received'],
    [{ ...received, found: { format: 'raw', virtualSize: 2 ** 20 } }, 'a.img  received · raw, 1 MiB'],
    [
      { ...received, status: 'uploading', progress: { bytes: 1, totalBytes: 3, bytesPerSecond: 2 ** 20, at: '' } },
      `a.img  uploading  [████████${'·'.repeat(16)}]   33 %  1 MiB/s  0 s left`,
    ],
    [{ ...received, waiting: { message: 'No file yet.' } }, 'a.img  received · No file yet.'],
    [{ ...received, error: { message: 'Down.' } }, 'a.img  received · Down. It is tried again.'],
    [fail(received, new ImageDropError('empty', 'No bytes.'), started), 'a.img  failed · empty'],
  ])('says how it does', (record, line) => {
    expect(recordLine(stored(record))).toBe(line);
  });
});
