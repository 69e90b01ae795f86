import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION, TARGET_OPTION } from '../terminal/options.ts';

/** Brings drops that have failed back from the start. */
export const retry = command({
  name: 'retry',
  summary: 'starts failed drops again from the beginning, with a new image',
  usage: [
    ['npx imagedrop retry KEY…', 'the failed drops under these keys'],
    ['npx imagedrop retry --all-failed', 'all failed drops that a retry can help'],
  ],
  positionals: 'keys',
  options: {
    'all-failed': {
      type: 'boolean',
      help: 'all failed drops, except rejected files; with --code, all drops with that code',
    },
    code: {
      type: 'string',
      value: 'CODE',
      help: 'only those that failed with this code (docs/errors.md)',
    },
    wait: { type: 'boolean', help: 'follows the drops until they settle; then exit code 1 if any failed' },
    ...TARGET_OPTION,
    ...STACK_OPTION,
    ...jsonOption('one JSON document per line for each drop, with --wait its record too'),
  },
  examples: [
    'npx imagedrop retry linux/ubuntu-24.04.qcow2',
    'npx imagedrop retry --all-failed --wait',
    'npx imagedrop retry --all-failed --code unauthorized --stack ImageDrop',
  ],
  exitCodes: {
    0: 'requested; with --wait: all are active images',
    1: 'a key has no failed drop; with --wait: any failed again',
    2: 'wrong use',
    130: 'interrupted',
  },
  async run({ options, positionals }) {
    const [{ retryOptions }, { retryFailed }, { withStack }, { targetsNamed }] = await Promise.all([
      import('../retry/options.ts'),
      import('../retry/retry-failed.ts'),
      import('../stack/connection.ts'),
      import('../stack/targets.ts'),
    ]);
    const asked = retryOptions(options, positionals);
    return withStack(options.stack, (stack) =>
      retryFailed(asked, stack, targetsNamed(options.target ?? [], stack.targets)),
    );
  },
});
