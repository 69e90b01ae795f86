import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION, TARGET_OPTION } from '../terminal/options.ts';

/** Tells all that is known of the drops of a key. */
export const status = command({
  name: 'status',
  summary: 'shows one drop: findings, checks, hashes, timeline, error and next step',
  usage: [['npx imagedrop status KEY', 'the last drop of the key at each target; earlier drops in one line']],
  positionals: 'keys',
  options: {
    watch: { type: 'boolean', help: 'follows the last drop until it is settled' },
    'timeout-seconds': { type: 'string', value: 'N', help: 'watches at most N seconds' },
    all: { type: 'boolean', help: 'shows earlier drops in full' },
    ...TARGET_OPTION,
    ...STACK_OPTION,
    ...jsonOption('the records, last drop first (docs/record.md); with --watch one per line after each change'),
  },
  examples: [
    'npx imagedrop status linux/ubuntu-24.04.qcow2 --watch --timeout-seconds 600',
    "npx imagedrop status linux/ubuntu-24.04.qcow2 --json | jq -r '.[0].image.id'",
  ],
  exitCodes: {
    0: 'the last drop of the key is an active image at all its targets',
    1: 'it failed or was superseded at any target, or does not exist',
    2: 'wrong use',
    3: 'it is not finished',
    130: 'interrupted',
  },
  async run({ options, positionals }) {
    const [{ statusOptions }, { showStatus }, { withStack }, { targetsNamed }] = await Promise.all([
      import('../status/options.ts'),
      import('../status/show-status.ts'),
      import('../stack/connection.ts'),
      import('../stack/targets.ts'),
    ]);
    const asked = statusOptions(options, positionals);
    return withStack(options.stack, (stack) =>
      showStatus(asked, stack, targetsNamed(options.target ?? [], stack.targets)),
    );
  },
});
