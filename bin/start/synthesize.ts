import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const PROJECT = join(import.meta.dirname, '../..');
/** TypeScript in a clone of the project, JavaScript in an installed package. */
const APP = join(PROJECT, `bin/local-app${extname(import.meta.filename)}`);

/** The CDK app's own settings for one machine; the rest is what would be deployed. */
export interface AppContext {
  readonly targets: Readonly<Record<string, unknown>>;
  readonly cloudsYamlSecret: string;
  readonly reconcile?: object;
  readonly outcomeEmails?: object;
  readonly publisherKeys?: readonly string[];
}

/** In the synthesized folder: the hash of what it was made from. */
const INPUTS_FILE = 'inputs.sha256';

/**
 * Synthesizes the stack into a folder, as `cdk synth` does, with the functions' bundles. That takes seconds: a folder that
 * was made from the same inputs stays as it is.
 * @param onBuild called before those seconds
 */
export async function synthesize(folder: string, context: AppContext, onBuild = () => {}): Promise<void> {
  const settings = JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8'));
  // There is no AWS KMS on this machine.
  const { receiptKey: _, ...kept } = settings.context;
  const merged = { ...kept, ...context };
  const contextJson = JSON.stringify(merged);
  const inputs = await hashOfInputs(contextJson, merged.publisherKeys);
  if ((await textOf(join(folder, INPUTS_FILE))) === inputs) return;
  onBuild();
  await rm(folder, { recursive: true, force: true });
  const env = {
    ...process.env,
    CDK_OUTDIR: folder,
    // `cdk synth` finds what CloudFormation would refuse; checking it again doubles the time of a start.
    CDK_VALIDATION: 'false',
    CDK_CONTEXT_JSON: contextJson,
  };
  try {
    await promisify(execFile)(process.execPath, [APP], { cwd: PROJECT, env });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`The stack could not be synthesized.\n${stderr ?? error}`, { cause: error });
  }
  await writeFile(join(folder, INPUTS_FILE), inputs);
}

/** The app, the stack and its functions. A clone has no bundles, an installed package has no lambda. */
const SOURCES = ['bin', 'lib', 'lambda', 'bundles'];

async function hashOfInputs(contextJson: string, keys: readonly string[] = []): Promise<string> {
  const sources = (await Promise.all(SOURCES.map(filesIn))).flat().sort();
  const files = [...sources, ...keys.map((key) => resolve(PROJECT, key))];
  const contents = await Promise.all(files.map((file) => readFile(file).catch(unlessMissing)));
  const hash = createHash('sha256').update(contextJson);
  for (const [index, file] of files.entries()) hash.update(`\0${file}\0`).update(contents[index] ?? '');
  // The versions of the CDK, and of all that a clone bundles.
  const { version } = createRequire(import.meta.url)('aws-cdk-lib/package.json') as { readonly version: string };
  return hash
    .update(`\0${version}`)
    .update((await textOf(join(PROJECT, 'package-lock.json'))) ?? '')
    .digest('hex');
}

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(join(PROJECT, folder), { recursive: true, withFileTypes: true }).catch(unlessMissing);
  return (found ?? []).filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

const textOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(unlessMissing);

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
