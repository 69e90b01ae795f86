import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
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
}

/** Synthesizes the stack into a folder, as `cdk synth` does, with the functions' bundles. */
export async function synthesize(folder: string, context: AppContext): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const settings = JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8'));
  const env = {
    ...process.env,
    CDK_OUTDIR: folder,
    // What CloudFormation would find wrong is found by `cdk synth`; checking it again doubles the time of a start.
    CDK_VALIDATION: 'false',
    CDK_CONTEXT_JSON: JSON.stringify({ ...settings.context, ...context }),
  };
  try {
    await promisify(execFile)(process.execPath, [APP], { cwd: PROJECT, env });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`The stack could not be synthesized.\n${stderr ?? error}`, { cause: error });
  }
}
