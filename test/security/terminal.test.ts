import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { findingLines } from '../../bin/doctor/report.ts';
import { reportOf as dropReport } from '../../bin/drop/report.ts';
import { report as inspectReport } from '../../bin/inspect/report.ts';
import { dropTable } from '../../bin/ls/drop-table.ts';
import { printableJson, printableLines } from '../../bin/printable.ts';
import { report as reconcileReport } from '../../bin/reconcile/report.ts';
import { recordLine } from '../../bin/records/record-line.ts';
import { report } from '../../bin/records/report.ts';
import { statusReport } from '../../bin/status/report.ts';
import { liveLines } from '../../bin/terminal/live-lines.ts';
import { stylerFor } from '../../bin/terminal/styles.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { firstReconciliation, NOTHING } from '../../lambda/model/reconciliation.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { fail, moveTo, receive } from '../../lambda/model/record-changes.ts';
import { FunctionLog } from '../../local/lambda/function-log.ts';
import { FOR_TERMINALS, OBEYED } from './hostile-texts.ts';

const now = new Date(0);
const plain = stylerFor({});
const stored = (draft: object) => ({ ...draft, revision: 1, nonce: 'n' }) as DropRecord;

function records(text: string): DropRecord[] {
  const drop = { bucket: text, key: text, id: text, etag: text, size: 1, droppedAt: now.toISOString() };
  const received = receive(drop, text, now);
  const error = new ImageDropError('forbidden', text, { cause: new Error(text), nextStep: text });
  const named = {
    image: { id: text },
    sent: { name: text, tags: [text], properties: { [text]: text } },
    found: { format: text, subformat: text, virtualSize: 1 },
  };
  return [received, { ...moveTo(received, 'active', now), ...named }, fail(received, error, now)].map(stored);
}

/** What live lines write; with columns and rows: as to a terminal. */
function shown(text: string, terminal: object): string {
  const out = Object.assign(new PassThrough(), terminal);
  const lines = liveLines(out as unknown as NodeJS.WriteStream);
  for (const record of records(text)) lines.show(record.status, recordLine(record));
  return String(out.read());
}

describe.each(FOR_TERMINALS)('%s', (_what, text) => {
  test('is shown by the live lines of start, not obeyed, and starts no line', () => {
    const plain = shown(text, {});
    expect(plain).not.toMatch(OBEYED);
    expect(plain.split('\n')).toHaveLength(3 + 1);
    const own = new RegExp(`${String.fromCodePoint(0x1b)}\\[\\d+A\\r${String.fromCodePoint(0x1b)}\\[J`, 'g');
    expect(shown(text, { isTTY: true, columns: 200, rows: 10 }).replace(own, '')).not.toMatch(OBEYED);
  });

  test('is shown by the tables and paragraphs of start and reconcile', () => {
    const table = report(records(text), plain);
    expect(table).not.toMatch(OBEYED);
    expect(table.split('\n')).toHaveLength(report(records('a'), plain).split('\n').length);
    const finding = { kind: 'unreadable', subject: text, why: text } as const;
    const run = { startedAt: '', seconds: 1, counts: NOTHING, errors: 0, findings: [finding] };
    const reconciliation = firstReconciliation(now, { takesUpAll: true, lostAfterSeconds: 0 });
    expect(reconcileReport({ dryRun: true, complete: true, run, reconciliation })).not.toMatch(OBEYED);
  });

  test('is shown by ls, status, drop and doctor', () => {
    const all = records(text);
    const outcome = { file: text, bucket: text, key: text, size: 1 };
    const reports = [
      dropTable(all, now, plain),
      statusReport([all, all], { all: false }, now, plain),
      dropReport(
        [
          { ...outcome, outcome: 'failed', message: text, nextStep: text },
          { ...outcome, outcome: 'dropped', id: text, resumedBytes: 0, seconds: 0, records: all },
        ],
        { json: false, wait: true },
      ),
      findingLines({ area: text, check: text, outcome: 'failed', detail: text, nextStep: text }, undefined, plain),
    ];
    for (const each of reports) expect(each).not.toMatch(OBEYED);
    expect(dropTable(all, now, plain).split('\n')).toHaveLength(all.length + 3);
  });

  test('is shown by the report of inspect', () => {
    const document = {
      ...{ source: text, size: 1, verdict: 'refuse', code: text, message: text, nextStep: text, format: text },
      warnings: [text],
      checks: [{ outcome: 'failed', title: text, at: text, cve: text, detail: text }],
      targets: [{ name: text, kind: 'glance', taken: false, code: text, message: text, nextStep: text }],
    } as unknown as Parameters<typeof inspectReport>[0];
    const printed = inspectReport(document, plain);
    expect(printed).not.toMatch(OBEYED);
    expect(printed.split('\n')).toHaveLength(
      inspectReport(JSON.parse(JSON.stringify(document).replaceAll(JSON.stringify(text), '"a"')), plain).split('\n')
        .length,
    );
  });

  test('is shown by JSON, which means the same', () => {
    for (const indent of [0, 2]) {
      const json = printableJson({ [text]: [text] }, indent);
      expect(json).not.toMatch(OBEYED);
      expect(JSON.parse(json)).toEqual({ [text]: [text] });
    }
  });

  test('is shown by messages of errors', () => {
    expect(printableLines(`one ${text}\ntwo`)).not.toMatch(OBEYED);
  });

  test('is in the logs of functions as JSON has it, in one line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'imagedrop-log-'));
    const told: string[] = [];
    const log = new FunctionLog(folder, 'a', (line) => told.push(line));
    log.write(JSON.stringify({ key: text }));
    log.write(text);
    log.close();
    const written = await readFile(join(folder, 'a.log'), 'utf8');
    expect([written, ...told].join('')).not.toMatch(OBEYED);
    const [json = '', ...others] = written.split('\n');
    expect(JSON.parse(json)).toEqual({ key: text });
    expect(others).toHaveLength(2);
    await rm(folder, { recursive: true });
  });
});
