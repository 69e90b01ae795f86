import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { inlineCode, PAGES, PROJECT, textOf } from './commands/pages.ts';
import { documentedCommands } from './commands/shell-commands.ts';
import { understand, wordsOf } from './commands/understood.ts';

const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));

/** What stands between backticks and begins as a command does, each once. */
const INLINE = [...new Set(PAGES.flatMap((page) => inlineCode(textOf(page))))];
const beginningWith = (pattern: RegExp): string[] => INLINE.filter((code) => pattern.test(code));

describe('in the text of the pages', () => {
  // COMMAND stands for all of them.
  test.each(beginningWith(/^(npx )?imagedrop (?!COMMAND)[a-z]/))('%s is a call that is understood', (code) => {
    understand(wordsOf(code.replace(/^(npx )?imagedrop /, '')));
  });

  test.each(beginningWith(/^npm start\b/))('%s is a call that is understood', (code) => {
    understand(['start', ...wordsOf(code.replace(/^npm start( --)?/, ''))]);
  });

  test.each(beginningWith(/^npm run /))('%s is a script of the project', (code) => {
    expect(scripts).toHaveProperty([code.split(' ')[2] ?? '']);
  });

  test.each(beginningWith(/^npx (?!imagedrop)/))('%s is a program that comes with the project', (code) => {
    const [, program = ''] = code.split(' ');
    expect(() => readFileSync(join(PROJECT, 'node_modules/.bin', program))).not.toThrow();
  });

  test.each(beginningWith(/^aws /))('%s is a command that a test runs', (code) => {
    const [, service = '', action = ''] = code.split(' ');
    const clients = readFileSync(join(PROJECT, 'test/clients/s3-clients.test.ts'), 'utf8');
    const isRun = documentedCommands().some(({ text }) => text.startsWith(`aws ${service} ${action} `));
    expect(isRun || clients.includes(`aws('${service}', '${action}'`)).toBe(true);
  });

  test('are commands of every kind', () => {
    expect(beginningWith(/^npx imagedrop /).length).toBeGreaterThan(15);
    expect(beginningWith(/^npm run /).length).toBeGreaterThan(10);
    expect(beginningWith(/^aws /).length).toBeGreaterThan(2);
  });
});

test.each(documentedCommands().filter(({ text }) => text.startsWith('npm run ')))(
  '$text is a script of the project',
  ({ text }) => {
    expect(scripts).toHaveProperty([text.split(' ')[2] ?? '']);
  },
);

test('what the bench is asked to measure are parts of it', () => {
  const source = readFileSync(join(PROJECT, 'bench/bench.ts'), 'utf8');
  const [, parts = ''] =
    /--only (\S+)/.exec(
      documentedCommands()
        .map(({ text }) => text)
        .join('\n'),
    ) ?? [];
  expect(parts.split(',').length).toBeGreaterThan(2);
  for (const part of parts.split(',')) expect(source).toMatch(new RegExp(`^  ${part}(:|,$)`, 'm'));
});
