import { relative } from 'node:path';
import { type PublishedStack, runningStack, useEnvironment } from '../stack/local.ts';
import { targetsIn } from '../stack/targets.ts';
import { interrupted, WrongUse } from '../terminal/exit-codes.ts';
import type { LocalStack } from './local-stack.ts';
import { type StartOptions, simulatorOf } from './options.ts';
import { isTaken, stateFolder, takeFolder } from './state-folder.ts';

/**
 * Runs the whole stack on this machine: with files, until each is an image or has failed; without, until interrupted.
 * Files go to the stack that runs in this folder, if there is one.
 * @returns the exit code
 */
export async function startHere(options: StartOptions): Promise<number> {
  sayWhereDropsGo(options, process.env.OS_CLOUD);
  const isDropping = options.files.length > 0;
  const running = isDropping ? await runningStack(stateFolder()) : undefined;
  // A stack that was killed has left its file, but holds no lock.
  if (running !== undefined && isTaken(stateFolder())) return dropIntoRunning(options, running);
  return withStack(options, async (stack, stop) => {
    if (!isDropping) return (await import('./serve.ts')).serve(stack, stop);
    return (await import('./drop-and-report.ts')).dropAndReport(stack, options, stop);
  });
}

/** Starts the stack, works with it and stops it. */
export async function withStack<T>(
  options: Omit<StartOptions, 'files'>,
  work: (stack: LocalStack, stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const folder = stateFolder();
  const say = (text: string) => void (options.json || process.stdout.write(`${text}\n`));
  say(`Starting the stack on this machine (state in ${relative('.', folder)}/) …`);
  const unlock = takeFolder(folder);
  const stop = interrupted();
  let stack: LocalStack | undefined;
  try {
    // Loaded after the first output, because loading takes longer than that output may wait.
    const { startLocalStack } = await import('./local-stack.ts');
    stack = await startLocalStack(folder, options, say);
    return await work(stack, stop);
  } finally {
    await stack?.stop();
    unlock();
  }
}

/** @throws WrongUse when that stack sends to another cloud */
async function dropIntoRunning(options: StartOptions, running: PublishedStack): Promise<number> {
  requireCloud(running.outputs.Targets, options);
  if (!options.json) process.stdout.write('A stack runs in this folder: the files are dropped there.\n');
  useEnvironment(running.environment);
  const [{ S3Client }, { dropAndReport }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('./drop-and-report.ts'),
  ]);
  const { DropBucketName: dropBucket = '', StatusBucketName: statusBucket = '' } = running.outputs;
  const client = new S3Client();
  try {
    return await dropAndReport({ client, dropBucket, statusBucket, folder: stateFolder() }, options, interrupted());
  } finally {
    client.destroy();
  }
}

function requireCloud(targets: string | undefined, { osCloud, kind }: StartOptions): void {
  const wanted = osCloud ?? simulatorOf(kind);
  const [target] = targetsIn(targets);
  if (target?.name === wanted && target.kind === kind) return;
  throw new WrongUse(
    `The stack that runs in this folder sends to ${target?.name}, not to ${wanted}. End it with Ctrl-C in its terminal first.`,
  );
}

/** A user with OS_CLOUD in every shell does not want a trial to reach that cloud; the text says how to use it on purpose. */
function sayWhereDropsGo({ osCloud }: StartOptions, environmentCloud: string | undefined): void {
  if (osCloud !== undefined || !environmentCloud) return;
  process.stderr.write(
    `Drops go to the simulator, not to ${environmentCloud} (OS_CLOUD): for that say --os-cloud ${environmentCloud}.\n`,
  );
}
