import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { cloudNamed } from '../../lambda/clouds/clouds-yaml.ts';
import { fileLayer } from '../../lambda/metadata/yaml-file.ts';
import { contextSettings } from '../../lib/settings/context-settings.ts';
import { resolveTargets } from '../../lib/settings/targets.ts';
import { appWith, deployed, resourceOf } from '../lib/stack-under-test.ts';
import { blocksIn, PROJECT, textOf } from './commands/pages.ts';
import { EXAMPLES } from './examples.ts';

const snippetsIn = (language: string) => blocksIn(language).map(({ page, line, text }) => [`${page}:${line}`, text]);

describe('the examples in TypeScript', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagedrop-snippets-'));
    await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What the compiler says of them. */
  async function compiled(examples: typeof EXAMPLES): Promise<string> {
    const files = examples.map(({ place }) => `${place.replaceAll(/\W/g, '-')}.ts`);
    for (const [index, { app }] of examples.entries()) {
      const ours = app.replaceAll("from '@imagedrop/cdk'", `from '${join(PROJECT, 'lib/index.ts')}'`);
      await writeFile(join(folder, files[index] ?? ''), ours);
    }
    // The types of aws-cdk-lib themselves do not keep to exactOptionalPropertyTypes; and what a snippet does not use of
    // what it has around it is no fault of its own.
    const { compilerOptions } = parse(textOf('tsconfig.json'));
    const options = { ...compilerOptions, exactOptionalPropertyTypes: false, noUnusedLocals: false };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
    const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc');
    const ended = promisify(execFile)(process.execPath, [tsc, '-p', folder]);
    return (await ended.catch(({ stdout }: { stdout: string }) => ({ stdout }))).stdout;
  }

  test('compile', async () => {
    expect(EXAMPLES.length).toBeGreaterThan(5);
    expect(await compiled(EXAMPLES)).toBe('');
  });

  test('would not, with a property that there is none of', async () => {
    const [example] = EXAMPLES;
    const app = example?.app.replace('cloudsYaml:', 'cloudYaml:') ?? '';
    expect(await compiled([{ place: 'wrong', app }])).toContain("'cloudYaml' does not exist in type 'ImageDropProps'");
  });
});

/** The settings in a block: a context, what stands in one, or targets by their names. */
function settingsIn(value: Record<string, Record<string, unknown>>): Record<string, unknown> {
  if (value.context !== undefined) return value.context;
  return value.targets === undefined ? { targets: value } : value;
}

describe('the settings in JSON', () => {
  const [settings, rules] = [false, true].map((isList) =>
    snippetsIn('json').filter(([, text = '']) => Array.isArray(JSON.parse(text)) === isList),
  );

  test.each(settings ?? [])('are read by the app: %s', (_place, text = '') => {
    const given = settingsIn(JSON.parse(text));
    const read = contextSettings(appWith(given).node);
    expect(resolveTargets(read.targets)).toHaveLength(Object.keys(Object(given.targets)).length);
    expect(read).toMatchObject(given);
  });

  test.each(rules ?? [])('have the rule that the bucket of the construct has: %s', (_place, text = '') => {
    const built = deployed();
    const { CorsConfiguration } = resourceOf(built, built.drop.dropBucket).Properties;
    const [{ MaxAgeSeconds: MaxAge, ...rule }] = JSON.parse(text);
    expect(CorsConfiguration.CorsRules).toEqual([{ ...rule, MaxAge }]);
  });
});

/** A cloud to which a snippet adds. */
const AUTH = {
  auth_url: 'https://keystone.example/v3',
  username: 'uploader',
  password: 'secret',
  user_domain_name: 'Default',
  project_name: 'images',
};

// docs/clouds-yaml.md has a test of its own: its files belong together.
describe.each(snippetsIn('yaml').filter(([place]) => !place?.startsWith('docs/clouds-yaml.md')))(
  'the YAML of %s',
  (_place, text = '') => {
    const { clouds } = parse(text);

    test('is read', () => {
      if (clouds === undefined) {
        const bytes = Buffer.from(text);
        const { origins } = fileLayer({ name: 'snippet', size: bytes.length, bytes });
        expect(Object.keys(origins).length).toBeGreaterThan(2);
        return;
      }
      for (const [name, cloud] of Object.entries(clouds)) {
        const whole = { clouds: { [name]: { auth: AUTH, ...Object(cloud) } } };
        expect(cloudNamed(stringify(whole), name).name).toBe(name);
      }
    });
  },
);
