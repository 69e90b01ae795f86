import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../bin/commands/table.ts';
import { completionScript } from '../../bin/completion/script.ts';

const run = promisify(execFile);

/** What bash offers for the last of these words; `files` where it is told to offer those. */
async function bashOffers(...words: string[]): Promise<string[]> {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `
    ${completionScript(['bash'], COMMANDS)}
    compopt() { [ "$*" = "-o default" ] && echo files; }
    COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}
    _imagedrop
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['-c', script]);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('in bash', () => {
  test.each([
    [
      ['imagedrop', 'd'],
      ['demo', 'drop', 'doctor'],
    ],
    [
      ['imagedrop', 'help', 'sta'],
      ['start', 'status', 'stack'],
    ],
    [['imagedrop', 'drop', '--vis'], ['--visibility']],
    [
      ['imagedrop', 'drop', '--visibility', 'p'],
      ['private', 'public'],
    ],
    [['imagedrop', 'drop', '--name', ''], []],
    [['imagedrop', 'drop', 'ub'], ['files']],
    [['imagedrop', 'ls', 'ub'], []],
    [
      ['imagedrop', 'completion', ''],
      ['--debug', '--help', 'bash', 'zsh', 'fish'],
    ],
    [['imagedrop', 'nonsense', ''], []],
  ])('%j is completed', async (words, offers) => {
    expect((await bashOffers(...words)).toSorted()).toEqual(offers.toSorted());
  });
});

describe.each(['bash', 'zsh', 'fish'])('the script for %s', (shell) => {
  const script = completionScript([shell], COMMANDS);

  test('knows every command and every option', () => {
    for (const { name, options } of COMMANDS) {
      expect(script).toContain(name);
      for (const option of Object.keys(options)) {
        expect(script).toContain(shell === 'fish' ? `-l ${option} ` : `--${option}`);
      }
    }
  });

  test('has its quotes in pairs', () => {
    for (const line of script.split('\n')) {
      const quotes = line.replaceAll("\\'", '').split("'").length - 1;
      expect(`${quotes % 2} ${line}`).toBe(`0 ${line}`);
    }
  });
});

test.each([[[]], [['tcsh']], [['bash', 'zsh']], [['constructor']]])('%j is not a shell', (words) => {
  expect(() => completionScript(words, COMMANDS)).toThrow('Name one shell: bash, zsh, fish.');
});
