import { execFileSync, spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { examine } from '../../lambda/formats/inspect.ts';
import { mbrDisk } from '../support/images/partitioned.ts';
import { DEBIAN_WRITERS, type DebianWriter, VERSIONS } from '../support/writers/debian.ts';

const SECTORS = 32_768;
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-writers-'));
  const disk = mbrDisk(SECTORS, [[0x83, 2048, SECTORS - 2048]]);
  disk.fill('imagedrop ', 2 ** 20, 2 ** 21);
  writeFileSync(join(folder, 'disk.raw'), disk);
});

afterAll(() => rmSync(folder, { recursive: true }));

const isInstalled = ({ program }: DebianWriter): boolean =>
  spawnSync('sh', ['-c', `command -v ${program} || test -e ${program}`], { env: { ...process.env, PATH } }).status ===
  0;

/** A folder of its own, with the disk and a tree. */
function workFolder(): string {
  const own = mkdtempSync(join(folder, 'writer-'));
  linkSync(join(folder, 'disk.raw'), join(own, 'disk.raw'));
  mkdirSync(join(own, 'tree'));
  writeFileSync(join(own, 'tree', 'file'), 'imagedrop\n'.repeat(5000));
  return own;
}

async function verdictOn({ commands, fileName = 'out' }: DebianWriter) {
  const own = workFolder();
  execFileSync('bash', ['-ec', commands], {
    cwd: own,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const file = await open(join(own, 'out'));
  try {
    const { size } = await file.stat();
    const read = async (offset: number, length: number): Promise<Buffer> =>
      (await file.read(Buffer.alloc(length), 0, length, offset)).buffer;
    const { found, error } = await examine({ size, read }, { fileName });
    const verdict = found === undefined ? error?.code : [found.format, found.subformat].filter(Boolean).join(' ');
    return { verdict, warnings: found?.warnings ?? [] };
  } finally {
    await file.close();
    rmSync(own, { recursive: true });
  }
}

describe('what Debian writes is judged rightly', () => {
  test.each(DEBIAN_WRITERS.filter(isInstalled))('$name: $verdict', async (writer) => {
    const warnings = writer.warning === undefined ? [] : [expect.stringContaining(writer.warning)];
    expect(await verdictOn(writer)).toEqual({ verdict: writer.verdict, warnings });
  });

  test('each package is of the version that the page names', () => {
    const packages = Object.entries(VERSIONS);
    const query = ['--show', '--showformat', `\${Package} \${Version}\n`, ...packages.map(([name]) => name)];
    const installed = execFileSync('dpkg-query', query, { encoding: 'utf8' }).replace(/ \d+:/g, ' ').split('\n');
    const others = packages.filter(
      ([name, version]) => !installed.some((line) => line.startsWith(`${name} ${version}`)),
    );
    expect(others).toEqual([]);
  });

  test('all writers are installed here', () => {
    const missing = DEBIAN_WRITERS.filter((writer) => !isInstalled(writer)).map(({ name }) => name);
    expect(missing).toEqual([]);
  });
});
