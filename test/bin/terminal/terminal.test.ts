import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { adviceOn } from '../../../bin/terminal/advice.ts';
import { formatAge, formatDuration } from '../../../bin/terminal/durations.ts';
import { wrapped } from '../../../bin/terminal/help-text.ts';
import { liveLines } from '../../../bin/terminal/live-lines.ts';
import { stylerFor } from '../../../bin/terminal/styles.ts';
import { table } from '../../../bin/terminal/table.ts';
import { progressLine, TransferMeter } from '../../../bin/terminal/transfer-meter.ts';
import { ImageDropError } from '../../../lambda/model/errors.ts';

const MIB = 2 ** 20;
const plain = stylerFor({});

describe('colours', () => {
  test('are for terminals', () => {
    expect(stylerFor({ isTTY: true }, {})('red', 'a')).toBe('\u001b[31ma\u001b[39m');
    expect(stylerFor({}, {})('red', 'a')).toBe('a');
  });

  test.each([{ NO_COLOR: '1' }, { NO_COLOR: '1', FORCE_COLOR: '1' }, { TERM: 'dumb' }])(
    'are not for %j',
    (environment) => {
      expect(stylerFor({ isTTY: true }, environment)('red', 'a')).toBe('a');
    },
  );

  test('are there with an empty NO_COLOR, as its standard has it', () => {
    expect(stylerFor({ isTTY: true }, { NO_COLOR: '' })('bold', 'a')).not.toBe('a');
  });
});

test('a table has columns as wide as their widest cells, figures at the right, and obeys nothing', () => {
  const columns = [{ title: 'KEY' }, { title: 'SIZE', alignRight: true }, { title: 'AT' }];
  const rows = [
    [{ text: 'a\u001b[2J' }, { text: '1 B' }, { text: 'x' }],
    [{ text: 'b' }, { text: '10 KiB' }, { text: '' }],
  ];
  expect(table(columns, rows, plain)).toBe('KEY           SIZE  AT\na\\u001b[2J     1 B  x\nb           10 KiB  \n');
});

test.each([
  [-1, '0 s', '0 s'],
  [59.4, '59 s', '59 s'],
  [95, '1 min', '1 min 35 s'],
  [3600, '1 h', '1 h'],
  [7384, '2 h', '2 h 3 min'],
  [90_000, '1 d', '1 d 1 h'],
])('%d seconds are an age of %s, and a time of %s', (seconds, age, duration) => {
  expect(formatAge(seconds)).toBe(age);
  expect(formatDuration(seconds)).toBe(duration);
});

test('text is wrapped at spaces; a longer word has a line of its own', () => {
  expect(wrapped('a bc def averylongword g', 6)).toEqual(['a bc', 'def', 'averylongword', 'g']);
});

describe('the progress of a transfer', () => {
  test('is measured by its last seconds, and what was there before is none of its rate', () => {
    const meter = new TransferMeter(100 * MIB);
    meter.resumedBytes = 50 * MIB;
    expect(meter.progress(0)).toMatchObject({ doneBytes: 50 * MIB, bytesPerSecond: undefined, secondsLeft: undefined });
    meter.sentBytes = 10 * MIB;
    expect(meter.progress(5)).toMatchObject({ doneBytes: 60 * MIB, bytesPerSecond: 2 * MIB, secondsLeft: 20 });
    meter.sentBytes = 12 * MIB;
    // Five seconds ago it was at 10 MiB; what was before is forgotten.
    expect(meter.progress(15)).toMatchObject({ bytesPerSecond: 0.2 * MIB });
  });

  test('is measured since the last look, where that is longer ago', () => {
    const meter = new TransferMeter(100 * MIB);
    meter.progress(0);
    meter.sentBytes = 30 * MIB;
    expect(meter.progress(30)).toMatchObject({ bytesPerSecond: MIB, secondsLeft: 70 });
  });

  test('is a bar with percent, rate and time left', () => {
    const progress = { doneBytes: 25 * MIB, totalBytes: 100 * MIB, bytesPerSecond: 1.5 * MIB, secondsLeft: 50 };
    expect(progressLine(progress)).toBe(`[${'█'.repeat(6)}${'·'.repeat(18)}]   25 %  1.5 MiB/s  50 s left`);
    expect(progressLine({ doneBytes: 0, totalBytes: 0, bytesPerSecond: undefined, secondsLeft: undefined })).toBe(
      `[${'█'.repeat(24)}]  100 %`,
    );
  });
});

test('live lines on a terminal have a colour and fit it; the colour is not a part of what is cut', () => {
  const out = Object.assign(new PassThrough(), { isTTY: true, columns: 6, rows: 10 });
  liveLines(out as unknown as NodeJS.WriteStream).show('a', 'abcdefgh', 'green');
  expect(String(out.read())).toBe(process.env.NO_COLOR ? 'abcde\n' : '\u001b[32mabcde\u001b[39m\n');
});

test('a terminal that does not say how wide it is cuts nothing', () => {
  const out = Object.assign(new PassThrough(), { isTTY: true, columns: 0, rows: 0 });
  liveLines(out as unknown as NodeJS.WriteStream).show('a', 'abcdefgh');
  expect(String(out.read())).toBe('abcdefgh\n');
});

describe('advice', () => {
  const named = (name: string) => Object.assign(new Error('No.'), { name });

  test.each([
    ['an error of AWS', named('ExpiredToken'), /log in again/],
    ['another that was faster', named('NoSuchUpload'), /imagedrop status/],
    ['one of the network', Object.assign(new Error('No.'), { code: 'ENOTFOUND' }), /network/],
    [
      'a status without a name',
      Object.assign(new Error('No.'), { $metadata: { httpStatusCode: 403 } }),
      /may not do that/,
    ],
    ['what lies beneath', new Error('Not found', { cause: named('CredentialsProviderError') }), /aws sso login/],
    ['our own', new ImageDropError('unauthorized', 'No.'), /clouds\.yaml/],
  ])('is given on %s', (_what, error, words) => {
    expect(adviceOn(error)).toMatch(words);
  });

  test('is not given on what no one knows', () => {
    expect(adviceOn(new Error('Strange.'))).toBeUndefined();
    expect(adviceOn('Strange.')).toBeUndefined();
    expect(adviceOn(named('toString'))).toBeUndefined();
  });
});
