/**
 * The inside of a function environment: loads the handler of the bundle and calls it, one invocation at a time.
 * Runs in a child process of its own; imports nothing that a bundle could collide with.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FromEnvironment, InvocationError, Invoke } from './protocol.ts';

type Handler = (event: unknown, context: object) => unknown;

process.on('disconnect', () => process.exit());
// Ctrl-C reaches all processes of a terminal; when functions end, their host decides.
process.on('SIGINT', () => undefined);

try {
  const handler = await loadHandler();
  // Messages of another type are for what was loaded before.
  process.on('message', (message: Invoke) => void (message.type === 'invoke' && run(handler, message)));
  tell({ type: 'ready' });
} catch (error) {
  // Leaves once the message is on its way: an environment without a handler is of no use.
  process.send?.({ type: 'error', error: describe(error) } satisfies FromEnvironment, () => process.exit(1));
}

async function run(handler: Handler, invoke: Invoke): Promise<void> {
  try {
    tell({ type: 'result', result: (await handler(invoke.event, contextOf(invoke))) ?? null });
  } catch (error) {
    const description = describe(error);
    process.stderr.write(`${invoke.requestId}\tERROR\tInvoke Error\t${JSON.stringify(description)}\n`);
    tell({ type: 'error', error: description });
  }
}

function tell(message: FromEnvironment): void {
  process.send?.(message);
}

/** The `file.export` of _HANDLER, in the order in which Lambda looks for the file. */
async function loadHandler(): Promise<Handler> {
  const [, path = '', name = ''] = /^(.+)\.([^.]+)$/.exec(variable('_HANDLER')) ?? [];
  const base = join(variable('LAMBDA_TASK_ROOT'), path);
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find((candidate) => existsSync(candidate));
  if (file === undefined) throw named('Runtime.ImportModuleError', `Cannot find module '${path}'`);
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown> & { default?: object };
  const handler = module[name] ?? (module.default as Record<string, unknown> | undefined)?.[name];
  if (typeof handler === 'function') return handler as Handler;
  throw named('Runtime.HandlerNotFound', `${path}.${name} is undefined or not exported`);
}

function contextOf({ requestId, functionArn, deadline }: Invoke): object {
  return {
    awsRequestId: requestId,
    invokedFunctionArn: functionArn,
    functionName: variable('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: variable('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMB: variable('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: variable('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: variable('AWS_LAMBDA_LOG_STREAM_NAME'),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function variable(name: string): string {
  return process.env[name] ?? '';
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function describe(thrown: unknown): InvocationError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}
