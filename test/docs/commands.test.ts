import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../bin/commands/table.ts';
import { understand, wordsOf } from './commands/understood.ts';
import { withCommands } from './commands-page.ts';

const FOLDER = join(import.meta.dirname, '../..');
const PAGE = join(FOLDER, 'docs/commands.md');

test('docs/commands.md says what the help of each command says', async () => {
  const page = await readFile(PAGE, 'utf8');
  const now = withCommands(page, COMMANDS);
  if (process.env.UPDATE_DOCS) await writeFile(PAGE, now);
  else expect(page).toBe(now);
});

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
