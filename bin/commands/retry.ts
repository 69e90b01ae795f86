import { HELP } from '../retry/help.ts';
import { retryOptions } from '../retry/options.ts';
import { retryFailed } from '../retry/retry-failed.ts';
import { connectTo } from '../stack/connection.ts';

/**
 * Brings drops that have failed back from the start.
 * @returns the exit code: 0 asked for, 1 where a key that was named has no drop that failed
 */
export async function retry(args: string[]): Promise<number> {
  const options = retryOptions(args);
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const stack = await connectTo(options.stack);
  try {
    return await retryFailed(options, stack);
  } finally {
    stack.close();
  }
}
