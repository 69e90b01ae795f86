import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { liveLines } from '../../../bin/terminal/live-lines.ts';
import { stylerFor } from '../../../bin/terminal/styles.ts';
import { Screen } from './screen.ts';
import { screenHtml } from './screen-html.ts';

/** What a screen shows once all this was written to it. */
function shown(...chunks: string[]): string[] {
  const screen = new Screen();
  for (const chunk of chunks) screen.write(chunk);
  return screen.lines().map((runs) => runs.map(({ text }) => text).join(''));
}

const htmlOf = (text: string): string => {
  const screen = new Screen();
  screen.write(text);
  return screenHtml(screen.lines());
};

describe('a screen', () => {
  test('has lines, and what is written after a carriage return covers what was there', () => {
    expect(shown('one\r\ntwo\n', 'three\rTH')).toEqual(['one', 'two', 'THree']);
  });

  test('goes up, and erases from there on', () => {
    expect(shown('a\nb\nc\n\u001b[2A\r\u001b[Jd\n')).toEqual(['a', 'd']);
  });

  test('goes on in the next line where one is full, and only then', () => {
    const screen = new Screen(4).write('abcd\nabcdef\n');
    expect(screen.lines().map((runs) => runs.map(({ text }) => text).join(''))).toEqual(['abcd', 'abcd', 'ef']);
  });

  test('takes sequences and characters that come in pieces', () => {
    const bytes = Buffer.from('\u001b[31m█ é\u001b[39m');
    const screen = new Screen();
    for (const byte of bytes) screen.write(Buffer.of(byte));
    expect(screen.lines()).toEqual([[{ text: '█ é', style: { colour: 'red' } }]]);
  });

  test.each([
    ['\u001b[1mx', { isBold: true }],
    ['\u001b[2mx', { isDim: true }],
    ['\u001b[1;32mx', { isBold: true, colour: 'green' }],
    ['\u001b[93mx', { colour: 'bright-yellow' }],
    ['\u001b[1m\u001b[36m\u001b[22mx', { colour: 'cyan' }],
    ['\u001b[31m\u001b[39mx', {}],
    ['\u001b[1;31m\u001b[0mx', {}],
    ['\u001b[1;31m\u001b[mx', {}],
  ])('reads styles: %j', (text, style) => {
    expect(new Screen().write(text).lines()).toEqual([[{ text: 'x', style }]]);
  });

  test.each(['\u001b[5n', '\u001b]0;title\u0007', '\u001b[48;5;3m', '\u0008'])(
    'does not guess what %j means',
    (text) => {
      expect(() => new Screen().write(`${text}x`)).toThrow(/is not known here/);
    },
  );

  test('shows the lines that are redrawn in place as they are in the end', () => {
    const out = Object.assign(new PassThrough(), { isTTY: true, columns: 40, rows: 10 });
    const lines = liveLines(out as unknown as NodeJS.WriteStream);
    lines.show('a', 'a  sending');
    lines.show('b', 'b  sending');
    lines.show('a', 'a  active', 'green');
    expect(new Screen().write(out.read()).lines()).toEqual([
      [{ text: 'a  active', style: { colour: 'green' } }],
      [{ text: 'b  sending', style: {} }],
    ]);
  });
});

describe('a screen as HTML', () => {
  test('has a class for each style, and shows what it is given', () => {
    expect(htmlOf('\u001b[1;31m<a> & b\u001b[0m c\nd')).toBe('<span class="bold red">&lt;a&gt; &amp; b</span> c\nd');
  });

  test.each(['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const)('knows the %s of our command line', (style) => {
    const text = stylerFor({ isTTY: true }, {})(style, 'x');
    expect(htmlOf(text)).toBe(`<span class="${style}">x</span>`);
  });
});
