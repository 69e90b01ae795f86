import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chosenTargets } from '../../lambda/metadata/chosen-targets.ts';
import { resolveMetadata } from '../../lambda/metadata/resolve.ts';
import { userLayer } from '../../lambda/metadata/user-metadata.ts';
import type { MetadataFile } from '../../lambda/metadata/yaml-file.ts';
import { FIELD_OF, TARGET_FIELDS } from '../../lambda/model/metadata.ts';
import { SAMPLES } from '../support/images/samples.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const page = readFileSync(join(DOCS, 'metadata.md'), 'utf8');
const readme = readFileSync(join(DOCS, '../README.md'), 'utf8');

const blocks = (text: string, language: string): string[] =>
  Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')), ([, body = '']) => body);

const section = (heading: string): string => page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';

/** The cells of a table's rows, without its head. */
function rows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) => line.slice(2, -2).split(' | '));
}

const unquoted = (cell = ''): string => cell.replaceAll('`', '');

const file = (name: string, text: string): MetadataFile => ({
  name,
  size: Buffer.byteLength(text),
  bytes: Buffer.from(text),
});

/** The files of the example, by the names in their first lines, as they are read: from the top down. */
const FILES = blocks(section('Files'), 'yaml').map((text) => file(/^# (\S+)\n/.exec(text)?.[1] ?? '', text));

/** What `--metadata` of the aws command line says. */
function userMetadataIn(command: string): Record<string, string> {
  const [, given = ''] = /--metadata (.+)$/.exec(command) ?? [];
  if (given.startsWith("'{")) return JSON.parse(given.slice(1, -1));
  const pairs = given.matchAll(/([\w-]+)=(?:"([^"]*)"|([^,]*))/g);
  return Object.fromEntries(Array.from(pairs, ([, name = '', quoted, plain = '']) => [name, quoted ?? plain]));
}

const commands = [page, readme]
  .flatMap((text) => blocks(text, 'sh'))
  .flatMap((block) => block.split('\n'))
  .filter((line) => line.includes('--metadata '));

describe('docs/metadata.md', () => {
  test.each(commands)('and the README have commands whose user metadata is read: %s', (command) => {
    const { targets, ...userMetadata } = userMetadataIn(command);
    expect(Object.keys(userMetadata).length).toBeGreaterThan(targets === undefined ? 1 : 0);
    expect(Object.keys(userLayer(userMetadata).origins)).toHaveLength(Object.keys(userMetadata).length);
    if (targets !== undefined) expect(chosenTargets({ targets }, ['mycloud', 'huawei']).refusal).toBeUndefined();
  });

  test('says where a drop goes, by what it names', () => {
    const named = rows(section('Target selection')).map(([said]) => unquoted(said));
    expect(named).toEqual(['absent', 'mycloud', 'mycloud,huawei', expect.stringContaining('letters beyond ASCII')]);
    for (const targets of named.slice(1, 3)) {
      expect(chosenTargets({ targets }, ['mycloud', 'huawei', 'other'])).toEqual({ targets: targets.split(',') });
    }
  });

  test('names all that can be given, in each way of writing', () => {
    const documented = rows(section('Fields')).map((cells) => cells.slice(0, 3).map(unquoted));
    const names = Object.keys(FIELD_OF) as (keyof typeof FIELD_OF)[];
    const header = (name: string) => (name === 'properties' ? 'property-NAME' : name.replaceAll('_', '-'));
    const inTarget = (field: string) => (TARGET_FIELDS.includes(field) ? field : '—');
    expect(documented).toEqual(names.map((name) => [name, header(name), inTarget(FIELD_OF[name])]));
    const valid: Readonly<Record<string, string>> = {
      protected: 'true',
      'os-hidden': 'true',
      visibility: 'shared',
      'disk-format': 'raw',
      checksum: `sha256:${'0'.repeat(64)}`,
      require: 'checksum',
    };
    for (const name of names) {
      const [headerName, field] = [header(name), FIELD_OF[name]];
      expect(userLayer({ [headerName]: valid[headerName] ?? '5' }).metadata).toHaveProperty(field);
    }
  });

  test('shows the image of its example, and where each value is given', () => {
    const command = commands.find((line) => line.includes('linux/noble.qcow2')) ?? '';
    const target = { name: 'mycloud', metadata: {} };
    const said = resolveMetadata({ target, files: FILES, userMetadata: userMetadataIn(command) });
    const { properties = {}, ...fields } = said.metadata;
    const all = {
      ...fields,
      ...Object.fromEntries(Object.entries(properties).map(([name, value]) => [`properties.${name}`, value])),
    };
    const shown = Object.entries(all).map(([name, value]) => [
      name.startsWith('properties.') ? name : (Object.entries(FIELD_OF).find(([, field]) => field === name)?.[0] ?? ''),
      Array.isArray(value) ? value.join(', ') : String(value),
      said.origins[name],
    ]);
    expect(
      rows(section('Files'))
        .map((cells) => cells.map(unquoted))
        .sort(),
    ).toEqual(shown.sort());
  });

  test('names every origin that a value can have', () => {
    const origins = rows(section('Origins')).map(([origin]) => unquoted(origin));
    expect(origins).toEqual(expect.arrayContaining(['found', 'default', 'endpoint', 'imagedrop']));
    // Those that are no place are words of the code.
    const words = new Set(
      String(readFileSync(join(DOCS, '../lambda/metadata/origins.ts'))).match(/(?<=^const [A-Z]+ = ')\w+/gm),
    );
    expect([...words].every((word) => origins.includes(word))).toBe(true);
    expect([...words]).toHaveLength(4);
  });
});

describe('imagedrop inspect in docs/metadata.md', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagedrop-docs-'));
    for (const { name, bytes = '' } of FILES) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    const qcow2 = SAMPLES.find(({ format }) => format === 'qcow2')?.bytes ?? '';
    await writeFile(join(folder, 'linux/noble.qcow2'), qcow2);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('prints what is shown there', async () => {
    const [shown = ''] = blocks(section('Preview'), 'console');
    const [command = '', ...lines] = shown.trimEnd().split('\n');
    const args = command.replace('$ npx imagedrop ', '').split(' ');
    const { INIT_CWD: _, ...env } = process.env;
    const program = join(DOCS, '../bin/imagedrop.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { cwd: folder, env });
    expect(stdout).toContain(`\n${lines.slice(1).join('\n')}\n`);
  });
});
