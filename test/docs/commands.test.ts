import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../bin/commands/table.ts';
import { understand, wordsOf } from './commands/understood.ts';

/** The calls of this command line in a text, each as its words. */
function callsIn(text: string): string[][] {
  const calls = text.matchAll(/(?:npx imagedrop|(?<=^|\n)imagedrop|npm start --|npm start(?= |$))([^|&>#`\n]*)/g);
  return Array.from(calls, ([whole, rest = '']) => {
    return whole.startsWith('npm start') ? ['start', ...wordsOf(rest)] : wordsOf(rest);
  });
}

describe('every example', () => {
  test.each(COMMANDS.flatMap(({ name, examples }) => examples.map((example) => [name, example] as const)))(
    'of the help of %s is a call that is understood: %s',
    (name, example) => {
      const calls = callsIn(example.replace(/^echo 'source <\(/, '').replace(/\)' >>.*/, ''));
      expect(calls.map(([each]) => each)).toContain(name);
      for (const call of calls) understand(call);
    },
  );
});
