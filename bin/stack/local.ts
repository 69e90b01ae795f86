import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The state of the stack on this machine is here; deleting it starts afresh. */
export const STATE_FOLDER = '.imagedrop';

/** What another process needs to work with a stack that runs on this machine. */
export interface PublishedStack {
  /** AWS_* variables for any client. */
  readonly environment: Readonly<Record<string, string>>;
  /** The template's. */
  readonly outputs: Readonly<Record<string, string>>;
}

const OWNER_ONLY = 0o600;

/** Writes a file that only its owner may read, because it contains secrets; readers of an earlier file cannot read this one. */
export async function writeForOwner(file: string, text: string): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, text, { mode: OWNER_ONLY });
}

const fileIn = (folder: string): string => join(folder, 'running.json');

/** The same variables for a shell to source, so that nothing prints the keys. */
export const ENV_FILE = `${STATE_FOLDER}/env`;

/** Lets other commands find the stack while it runs. @returns what ends that */
export async function publishStack(folder: string, stack: PublishedStack): Promise<() => Promise<void>> {
  const file = fileIn(folder);
  await writeForOwner(file, `${JSON.stringify(stack, undefined, 2)}\n`);
  const env = join(folder, 'env');
  await writeForOwner(env, `unset ${OTHER_CREDENTIALS.join(' ')}\n${exportsOf(stack.environment)}`);
  return async () => {
    await rm(file, { force: true });
    await rm(env, { force: true });
  };
}

/** With a profile or a session, the AWS SDK would not use the keys of the stack on this machine. */
const OTHER_CREDENTIALS = ['AWS_PROFILE', 'AWS_SESSION_TOKEN'] as const;

/** Makes a stack the one that the AWS SDK of this process finds. */
export function useEnvironment(environment: PublishedStack['environment']): void {
  if (environment.AWS_ACCESS_KEY_ID !== undefined) for (const name of OTHER_CREDENTIALS) delete process.env[name];
  Object.assign(process.env, environment);
}

const exportsOf = (environment: PublishedStack['environment']): string =>
  Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join('');

/** @returns undefined when no stack runs in this folder */
export async function runningStack(folder: string): Promise<PublishedStack | undefined> {
  try {
    return JSON.parse(await readFile(fileIn(folder), 'utf8'));
  } catch (error) {
    // A stack that was killed while it wrote the file does not run either.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
