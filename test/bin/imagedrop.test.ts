import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { COMMANDS } from '../../bin/commands/table.ts';
import { imagedrop } from '../../bin/terminal/imagedrop.ts';
import { lockFolder } from '../../local/folder-lock.ts';
import { CommandLine } from './support/command-line.ts';

const PROJECT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let user: CommandLine;
beforeAll(async () => {
  user = await CommandLine.open();
});
afterAll(() => user.close());

/** Runs a command in this process: a process of its own for each page of help would take most of the time. */
async function printed(...args: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    out += chunk;
    return true;
  });
  try {
    const code = await imagedrop(COMMANDS, args);
    return { code, out };
  } finally {
    stdout.mockRestore();
  }
}

describe('the command line', () => {
  test('lists its commands when it is asked for help, and when it is asked for nothing', async () => {
    const { code, out } = await user.run('--help');
    for (const { name, summary } of COMMANDS)
      expect(out).toMatch(new RegExp(`^ {2}${name} +${summary.slice(0, 20)}`, 'm'));
    expect(code).toBe(0);
    expect(await user.run()).toMatchObject({ code: 2, out });
    expect(await user.run('help')).toMatchObject({ code: 0, out });
  });

  test.each(COMMANDS.map(({ name }) => name))(
    '%s explains itself, with options, examples and exit codes',
    async (name) => {
      const { code, out } = await printed(name, '--help');
      expect(out).toMatch(new RegExp(`^imagedrop ${name}: `));
      for (const part of ['Usage:', 'Options:', '-h, --help', 'Examples:', 'Exit codes:']) {
        expect(out).toContain(part);
      }
      expect(out).toMatch(/^ {2}2 +wrong use/m);
      for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
      expect(code).toBe(0);
      expect(await printed('help', name)).toEqual({ code: 0, out });
    },
  );

  test('says which version it is', async () => {
    const { version } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'));
    expect((await user.run('--version')).out).toBe(`${version}\n`);
  });

  test('says in a sentence what is wrong, and where it came from only with --debug', async () => {
    const { code, err } = await user.run('begin');
    expect(err).toMatch(
      /^imagedrop: Unknown command: "begin"\. The commands are demo, start, drop, .+\.\nSee `imagedrop --help`\.\n$/,
    );
    expect(code).toBe(2);
    await user.file('x.img', '');
    const plain = await user.run('inspect', 'no-such.img');
    expect(plain.err).toBe('imagedrop: There is no file no-such.img.\nSee `imagedrop inspect --help`.\n');
    const debug = await user.run('inspect', '--debug', 'no-such.img');
    expect(debug.err).toMatch(/^imagedrop: WrongUse: There is no file no-such\.img\.\n {4}at .+source\.ts/);
    expect(debug.code).toBe(2);
  });

  test.each([
    [['stauts', 'a'], 'Unknown command: "stauts". Did you mean `status`?'],
    [['drop', '--tagret', 'a'], 'Did you mean `--target`?'],
    [['drop', '--time', '1'], 'Did you mean `--timeout-seconds`?'],
  ])('%j: names what was probably meant', async (args, message) => {
    const { code, err } = await user.run(...args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  test('ends without a word when no one reads what it prints', async () => {
    const { child, ended } = user.start('drop', '--help');
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 141, err: '' });
  });

  test('takes what is behind -- for no option', async () => {
    const { err } = await user.run('inspect', '--', '--debug');
    expect(err).toBe('imagedrop: There is no file --debug.\nSee `imagedrop inspect --help`.\n');
  });
});

describe('imagedrop clean', () => {
  test('gives the space of the folder back, and says how much it was', async () => {
    await user.file('.imagedrop/stacks/object', Buffer.alloc(2 ** 20, 1));
    expect((await user.run('clean', '--dry-run')).out).toMatch(/^Would delete .+\.imagedrop: \d.* \w+\.\n$/);
    expect((await user.run('clean')).out).toMatch(/^Deleted .+\.imagedrop: \d.* \w+\.\n$/);
    expect((await user.run('clean')).out).toMatch(/^Nothing to delete/);
  });

  test('leaves the folder of a running stack alone', async () => {
    await user.file('.imagedrop/object', 'bytes');
    const unlock = lockFolder(join(user.folder, '.imagedrop'));
    const { code, err } = await user.run('clean');
    unlock();
    expect(err).toContain('A stack is running in');
    expect(code).toBe(1);
    expect(await readFile(join(user.folder, '.imagedrop/object'), 'utf8')).toBe('bytes');
  });
});

describe('the launcher', () => {
  /** The Node.js that people have may be one that runs no TypeScript. */
  const OTHER_NODE = process.env.npm_node_execpath ?? 'node';
  const launch = (...args: string[]) => run(OTHER_NODE, [join(PROJECT, 'bin/imagedrop.js'), ...args]);

  test('runs the commands of a clone by any Node.js, with their exit codes', async () => {
    expect((await launch('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    await expect(launch('inspect', 'no-such.img')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no file'),
    });
  });

  test('is what `npx imagedrop` runs', async () => {
    expect((await run('npx', ['imagedrop', '--version'], { cwd: PROJECT })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  describe('of an installed package', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'imagedrop-package-'));
      await mkdir(join(folder, 'bin'));
      await mkdir(join(folder, 'dist/bin'), { recursive: true });
      await cp(join(PROJECT, 'bin/imagedrop.js'), join(folder, 'bin/imagedrop.js'));
      await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    });
    afterAll(() => rm(folder, { recursive: true }));

    test('runs what was compiled', async () => {
      await writeFile(
        join(folder, 'dist/bin/imagedrop.js'),
        'console.log("compiled", process.argv.slice(2).join(" "));',
      );
      const { stdout } = await run(process.execPath, [join(folder, 'bin/imagedrop.js'), 'ls', 'a']);
      expect(stdout).toBe('compiled ls a\n');
    });

    test('names the Node.js that it needs where another runs it', async () => {
      const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.0' } });`;
      await writeFile(join(folder, 'old.cjs'), old);
      await expect(
        run(process.execPath, ['--require', join(folder, 'old.cjs'), join(folder, 'bin/imagedrop.js'), 'ls']),
      ).rejects.toMatchObject({
        code: 1,
        stderr:
          'imagedrop: Node.js 20.20.0 is older than 24.5. Install Node.js 24.5 or newer and run the command again.\n',
      });
    });
  });
});
