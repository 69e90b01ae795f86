import { expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { functionLog } from '../../lambda/runtime/log.ts';

function logged(logLevel = 'INFO') {
  const lines: string[] = [];
  const log = functionLog({ service: 'stream-upload', namespace: 'ImageDrop', logLevel }, (line) => lines.push(line));
  return { log, lines: () => lines.map((line) => JSON.parse(line)) };
}

const ABOUT = { service: 'stream-upload', timestamp: expect.stringMatching(/^\d{4}-.*Z$/) };

test('an error of ours is told by code and reason, without its stack', () => {
  const { lines, log } = logged();
  log.error('message failed', { key: 'a', error: new ImageDropError('empty', 'No bytes.') });
  expect(lines()).toEqual([
    {
      ...ABOUT,
      level: 'ERROR',
      message: 'message failed',
      key: 'a',
      code: 'empty',
      reason: 'No bytes.',
      retryable: false,
    },
  ]);
});

test('what lay beneath it keeps its stack, and so does an error that nobody foresaw', () => {
  const { lines, log } = logged();
  const cause = new TypeError('boom', { cause: new Error('deeper') });
  log.warn('failed', { error: new ImageDropError('internal', 'Unexpected.', { cause }) });
  log.warn('failed', { error: cause });
  for (const { level, error } of lines()) {
    expect(level).toBe('WARN');
    expect(error).toMatchObject({ name: 'TypeError', message: 'boom', cause: { message: 'deeper' } });
    expect(error.stack).toContain('log.test.ts');
  }
});

test('a line may have fields or none, and numbers that JSON does not know', () => {
  const { lines, log } = logged();
  log.info('drop', { status: 'active', bytes: 2n ** 60n });
  log.info('idle');
  expect(lines()).toEqual([
    { ...ABOUT, level: 'INFO', message: 'drop', status: 'active', bytes: '1152921504606846976' },
    { ...ABOUT, level: 'INFO', message: 'idle' },
  ]);
});

test('a line is one line, whatever is in it', () => {
  const written: string[] = [];
  functionLog({ service: 'a', namespace: 'b', logLevel: 'DEBUG' }, (line) => written.push(line)).info('one\ntwo');
  expect(written).toEqual([expect.stringMatching(/^[^\n]+\n$/)]);
});

test.each([
  ['DEBUG', 3],
  ['INFO', 3],
  ['WARN', 2],
  ['ERROR', 1],
  ['SILENT', 0],
])('at level %s, %i of an information, a warning and an error are written', (level, count) => {
  const { lines, log } = logged(level);
  for (const say of [log.info, log.warn, log.error]) say('here');
  expect(lines()).toHaveLength(count);
});
