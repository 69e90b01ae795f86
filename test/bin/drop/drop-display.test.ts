import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { dropDisplay } from '../../../bin/drop/drop-display.ts';
import { TransferMeter } from '../../../bin/terminal/transfer-meter.ts';

const MIB = 2 ** 20;
const file = { path: '/a.img', key: 'a.img', size: 100 * MIB };
const place = { file: '/a.img', bucket: 'b', key: 'a.img', size: 100 * MIB };

function display(terminal: object, files = [file]) {
  const out = Object.assign(new PassThrough(), terminal);
  return { out, shown: dropDisplay(out as unknown as NodeJS.WriteStream, files) };
}

test('a terminal shows a bar that moves, with rate and time left, and then the outcome of the file', async () => {
  const { out, shown } = display({ isTTY: true, columns: 200, rows: 24 });
  const meter = new TransferMeter(file.size);
  shown.begun(file, meter);
  for (let sent = 1; sent <= 4; sent += 1) {
    meter.sentBytes = sent * 10 * MIB;
    await pause(250);
  }
  shown.ended({ ...place, outcome: 'dropped', id: 'v', resumedBytes: 30 * MIB, seconds: 95 });
  shown.close();
  const text = String(out.read());
  expect(text).toMatch(/a\.img {2}\[█+·+\] +\d+ % {2}[\d.]+ MiB\/s {2}\d+ s left/);
  expect(text).toContain('a.img  dropped · 100 MiB in 1 min 35 s · 30 MiB had been sent before');
});

test('a terminal shows one line for several files together: files, bytes, rate and time left', async () => {
  const other = { path: '/b.img', key: 'b.img', size: 300 * MIB };
  const { out, shown } = display({ isTTY: true, columns: 200, rows: 24 }, [file, other]);
  const meter = new TransferMeter(file.size);
  shown.begun(file, meter);
  meter.sentBytes = file.size;
  shown.ended({ ...place, outcome: 'dropped', id: 'v', resumedBytes: 0, seconds: 1 });
  shown.close();
  expect(String(out.read())).toMatch(/1 of 2 files, 100 MiB of 400 MiB {2}\[█{6}·{18}\] +25 %/);
});

test('a log has a line for the beginning and one for the end', async () => {
  const { out, shown } = display({});
  shown.begun(file, new TransferMeter(file.size));
  await pause(500);
  shown.ended({ ...place, outcome: 'refused', code: 'encrypted', message: 'No.' });
  shown.close();
  expect(String(out.read())).toBe('a.img  sending 100 MiB\na.img  refused · encrypted\n');
});
