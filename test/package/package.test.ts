import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ENTRY_POINTS } from '../../lib/entry-points.ts';
import { EXAMPLES } from '../docs/examples.ts';
import { rawDisk } from '../support/disk.ts';
import { newPublisher } from '../support/signing.ts';
import { Consumer, ROOT } from './consumer.ts';

let consumer: Consumer;
beforeAll(async () => {
  consumer = await Consumer.install();
});
afterAll(() => consumer?.remove());

/** The one of ten lines. */
const app = EXAMPLES.find(({ place }) => place.startsWith('docs/construct.md'))?.app ?? '';

describe('the tarball', () => {
  const ALLOWED = [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/imagedrop\.js|dist\/cdk\.json)$/,
    /^docs\/(README|[a-z-]+)\.md$/,
    /^docs\/schema\/metadata\.schema\.json$/,
    /^dist\/(bin|lambda|lib|local)\/.+\.js(\.map)?$/,
    /^dist\/bin\/.+\.(css|html|svg)$/,
    /^dist\/(lib|lambda\/(model|runtime))\/.+\.d\.ts$/,
    /^dist\/bundles\/[a-z-]+\/index\.cjs(\.map)?$/,
  ];

  test('holds what belongs to the package, and nothing else', () => {
    const paths = consumer.packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)))).toEqual([]);
    // What only a clone can use: the checks of cdk-nag, and a real OpenStack.
    expect(paths.filter((path) => /openstack|bin\/app\.js$|test|bench/.test(path))).toEqual([]);
    for (const file of [
      'LICENSE',
      'docs/construct.md',
      'docs/runbook.md',
      'docs/schema/metadata.schema.json',
      'dist/lib/index.d.ts',
      'bin/imagedrop.js',
    ]) {
      expect(paths).toContain(file);
    }
    expect(paths.filter((path) => path.endsWith('index.cjs'))).toHaveLength(ENTRY_POINTS.length);
  });

  test('is smaller than 6 MB', () => {
    expect(consumer.packed.size).toBeLessThan(6e6);
  });

  test('has a source map with its text for each module', async () => {
    const paths = new Set(consumer.packed.files.map(({ path }) => path));
    const modules = [...paths].filter((path) => path.startsWith('dist/') && path.endsWith('.js'));
    expect(modules.length).toBeGreaterThan(100);
    for (const path of modules) expect(paths).toContain(`${path}.map`);
    const map = JSON.parse(await readFile(consumer.installed('dist/lib/image-drop.js.map'), 'utf8'));
    expect(map.sourcesContent[0]).toBe(await readFile(join(ROOT, 'lib/image-drop.ts'), 'utf8'));
  });
});

describe('a blank CDK app', () => {
  test('compiles with the types of the package, as does every example of the documentation', async () => {
    expect(EXAMPLES.length).toBeGreaterThan(4);
    const files = EXAMPLES.map((_, index) => `example-${index}.ts`);
    for (const [index, example] of EXAMPLES.entries()) await consumer.write(files[index] ?? '', example.app);
    expect(await consumer.compile(...files)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('learns from the types what is wrong', async () => {
    await consumer.write('wrong.ts', app.replace("kind: 'glance'", "kind: 'nova'"));
    const { status, stdout } = await consumer.compile('wrong.ts');
    expect(status).not.toBe(0);
    expect(stdout).toContain(`Type '"nova"' is not assignable`);
  });

  test('synthesizes in ten lines, with the very functions of the package', async () => {
    await consumer.write('app.ts', app);
    expect(await consumer.synth('app.ts')).toMatchObject({ status: 0 });
    const template = JSON.parse(await readFile(join(consumer.folder, 'cdk.out/Images.template.json'), 'utf8'));
    const resources = Object.values<{ Type: string; Metadata?: Record<string, string> }>(template.Resources);
    const count = (type: string) => resources.filter(({ Type }) => Type === type).length;
    expect({
      functions: count('AWS::Lambda::Function'),
      buckets: count('AWS::S3::Bucket'),
      queues: count('AWS::SQS::Queue'),
      alarms: count('AWS::CloudWatch::Alarm'),
      dashboards: count('AWS::CloudWatch::Dashboard'),
    }).toEqual({ functions: 5, buckets: 3, queues: 8, alarms: 21, dashboards: 1 });
    const functions = resources.filter(({ Type }) => Type === 'AWS::Lambda::Function');
    const deployed = functions.map(({ Metadata }) =>
      readFile(join(consumer.folder, 'cdk.out', Metadata?.['aws:asset:path'] ?? '', 'index.cjs')),
    );
    const packed = ENTRY_POINTS.map((name) => readFile(consumer.installed(`dist/bundles/${name}/index.cjs`)));
    const texts = async (files: Promise<Buffer>[]) => (await Promise.all(files)).map(String).sort();
    expect((await texts(deployed)).map(({ length }) => length)).toEqual(
      (await texts(packed)).map(({ length }) => length),
    );
    expect(await texts(deployed)).toEqual(await texts(packed));
  });

  test('deploys keys of publishers with the library that came with the package', async () => {
    await consumer.write('keys/known.asc', (await newPublisher('known')).file.bytes);
    const signed = app.replace("targets: { mycloud: { kind: 'glance' } }", "$&, publisherKeys: ['keys/known.asc']");
    await consumer.write('signed.ts', signed.replace("'Images'", "'Signed'"));
    expect(await consumer.synth('signed.ts')).toMatchObject({ status: 0 });
    const assembly = join(consumer.folder, 'cdk.out');
    const { Resources } = JSON.parse(await readFile(join(assembly, 'Signed.template.json'), 'utf8'));
    const functions = Object.values<{ Properties: Record<string, unknown>; Metadata?: Record<string, string> }>(
      Resources,
    );
    const [strict] = functions.filter(({ Properties }) => JSON.stringify(Properties)?.includes('PUBLISHER_KEYS_FILE'));
    const asset = join(assembly, strict?.Metadata?.['aws:asset:path'] ?? 'none');
    expect(Object.keys(JSON.parse(await readFile(join(asset, 'publisher-keys.json'), 'utf8')))).toEqual([
      'keys/known.asc',
    ]);
    await consumer.write('load.cjs', `import('${join(asset, 'node_modules/openpgp/dist/node/openpgp.mjs')}');`);
    expect(await consumer.run(process.execPath, 'load.cjs')).toMatchObject({ status: 0 });
  });

  test('runs every example of the documentation', async () => {
    for (const [index, example] of EXAMPLES.entries()) {
      await consumer.write(`example-${index}.ts`, example.app);
      expect(await consumer.run(process.execPath, `example-${index}.ts`)).toMatchObject({ status: 0 });
    }
  });

  test('may be CommonJS', async () => {
    const lines = app.replace(/^import (.+) from (.+);$/gm, 'const $1 = require($2);');
    await consumer.write('app.cjs', `'use strict';\n${lines}`);
    expect(await consumer.run(process.execPath, 'app.cjs')).toMatchObject({ status: 0 });
  });
});

describe('the command line of the installed package', () => {
  test('says its version and its commands', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const said = await consumer.run('npx', 'imagedrop', '--version');
    expect(said).toMatchObject({ status: 0, stdout: expect.stringContaining(version) });
    const help = await consumer.run('npx', 'imagedrop', '--help');
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('imagedrop start') });
  });

  test('makes an image of a disk, with the whole stack on this machine', async () => {
    await consumer.write('disk.img', rawDisk());
    const { status, stdout, stderr } = await consumer.run('npx', 'imagedrop', 'start', '--json', 'disk.img');
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/"status": ?"active"/);
  });
});
