import { expect, test } from '@jest/globals';
import { report } from '../../bin/inspect/report.ts';
import { type Styler, stylerFor } from '../../bin/terminal/styles.ts';

const marked: Styler = (style, text) => `<${style}>${text}</>`;

const REFUSED = {
  source: 'a.qcow2',
  size: 4096,
  verdict: 'refuse',
  format: 'qcow2',
  code: 'backing-file',
  message: 'It names a file.',
  nextStep: 'Flatten it.',
  checks: [
    { code: 'version', title: 'version 2 or 3', at: 'u32@4', outcome: 'passed' },
    { code: 'backing-file', title: 'backing file', outcome: 'refused', detail: 'It names a file.' },
    { code: 'size', title: 'cluster size', outcome: 'skipped' },
  ],
  metadataFiles: [],
  targets: [],
} as const;

test('on a terminal the verdict, each outcome and the next step are what the eye finds', () => {
  expect(report(REFUSED, marked, true).split('\n')).toEqual([
    '<bold>a.qcow2</>: <red>refused (backing-file)</>',
    '  <dim>format      </>qcow2',
    '  <dim>file        </>4 KiB (4096 bytes)',
    '  <dim>why         </><red>It names a file.</>',
    '  <dim>next        </><bold>Flatten it.</>',
    '',
    '<bold>checks</>',
    '  <green>passed   </>version 2 or 3 (u32@4)',
    '  <red>refused  </>backing file: It names a file.',
    '  <dim>skipped  cluster size</>',
    '',
  ]);
});

test('checks that passed or were skipped are a count, unless they are asked for', () => {
  expect(report(REFUSED, marked).split('\n').slice(-4)).toEqual([
    '<bold>checks</>',
    '  <red>refused  </>backing file: It names a file.',
    '  <green>passed   </>1; --checks lists them',
    '',
  ]);
});

test('a safe file is green, what is worth knowing yellow, and so is a target that does not take it', () => {
  const target = { name: 'mycloud', kind: 'glance', taken: false, code: 'too-large', message: 'No.', nextStep: 'Ask.' };
  const { code: _, message: __, nextStep: ___, ...found } = REFUSED;
  const safe = { ...found, verdict: 'accept', warnings: ['Old.'], targets: [target] } as Parameters<typeof report>[0];
  const lines = report(safe, marked).split('\n');
  expect(lines[0]).toBe('<bold>a.qcow2</>: <green>safe</>');
  expect(lines).toContain('  <dim>warning     </><yellow>Old.</>');
  expect(lines.slice(-3)).toEqual([
    '  mycloud (glance): <yellow>not taken (too-large)</>. No.',
    '    next  <bold>Ask.</>',
    '',
  ]);
});

test('without colours it is the same text', () => {
  const plain = report(REFUSED, marked).replaceAll(/<[^>]*>/g, '');
  expect(report(REFUSED, stylerFor({}))).toBe(plain);
});
