import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CommandLine } from './support/command-line.ts';

let user: CommandLine;
let list: string;

/** Names the packages that a command loads: each SDK client takes as long to load as Node.js itself to start. */
const LISTS_PACKAGES = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    const [, name] = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
    if (name !== undefined) appendFileSync(process.env.PACKAGES_LIST, name + '\\n');
    return next(url, context);
  },
});
`;

beforeAll(async () => {
  user = await CommandLine.open();
  list = join(user.folder, 'packages.txt');
  await user.file('lists-packages.mjs', LISTS_PACKAGES);
  Object.assign(user.environment, {
    PACKAGES_LIST: list,
    NODE_OPTIONS: `--import=${join(user.folder, 'lists-packages.mjs')}`,
  });
});
afterAll(() => user.close());

async function packagesOf(...args: string[]): Promise<readonly string[]> {
  await writeFile(list, '');
  await user.run(...args);
  return [...new Set((await readFile(list, 'utf8')).trim().split('\n'))];
}

const clientsIn = (packages: readonly string[]) =>
  packages.filter((name) => name.startsWith('@aws-sdk/client-') || name === 'undici');

describe('a command loads only what it works with', () => {
  test('no package to print its help', async () => {
    expect(await packagesOf('drop', '--help')).toEqual(['']);
  });

  test.each(['ls', 'status', 'drop'])('%s: of all clients that of S3 alone', async (name) => {
    await user.file('disk.img', '');
    expect(clientsIn(await packagesOf(name, 'disk.img'))).toEqual(['@aws-sdk/client-s3']);
  });

  test('no client to inspect a file', async () => {
    expect(clientsIn(await packagesOf('inspect', 'disk.img'))).toEqual([]);
  });
});

test('compiled code is kept in the cache folder of the user', async () => {
  const cache = join(user.folder, 'cache');
  Object.assign(user.environment, { XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: undefined });
  await user.run('--version');
  expect(await readdir(join(cache, 'imagedrop'))).toHaveLength(1);
});
