import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../bin/commands/table.ts';
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
    const words = Array.from(rest.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '');
    return whole.startsWith('npm start') ? ['start', ...words] : words;
  });
}

function parse([name, ...args]: string[]): void {
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) throw new Error(`There is no command ${name}.`);
  parseArgs({ args, options: command.options, allowPositionals: command.positionals !== 'none' });
}

describe('every example', () => {
  test.each(COMMANDS.flatMap(({ name, examples }) => examples.map((example) => [name, example] as const)))(
    'of the help of %s is a call that is understood: %s',
    (name, example) => {
      const calls = callsIn(example.replace(/^echo 'source <\(/, '').replace(/\)' >>.*/, ''));
      expect(calls.map(([each]) => each)).toContain(name);
      for (const call of calls) parse(call);
    },
  );

  test.each(['README.md', 'docs/commands.md', 'docs/inspect.md', 'docs/reconcile.md', 'docs/routes.md'])(
    'of %s is a call that is understood',
    async (name) => {
      const text = await readFile(join(FOLDER, name), 'utf8');
      const blocks = Array.from(text.matchAll(/```(?:sh|console)?\n([\s\S]*?)```/g), ([, block = '']) => block);
      for (const call of blocks.flatMap((block) => callsIn(block))) parse(call);
    },
  );
});
