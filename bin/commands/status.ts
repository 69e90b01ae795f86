import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION, TARGET_OPTION } from '../terminal/options.ts';

/** Tells all that is known of the drops of a key. */
export const status = command({
  name: 'status',
  summary: 'tells all that is known of a drop: what was found and sent, checks, hashes, timeline, error and next step',
  usage: [
    ['npx imagedrop status KEY', 'the last drop of the key, at each target; earlier ones in a line'],
    ['npx imagedrop status KEY --watch', 'follows it until it is settled'],
  ],
  positionals: 'keys',
  options: {
    watch: { type: 'boolean', help: 'follows the last drop until it is settled' },
    'timeout-seconds': { type: 'string', value: 'N', help: 'watches no longer than that' },
    all: { type: 'boolean', help: 'tells as much of earlier drops' },
    ...TARGET_OPTION,
    ...STACK_OPTION,
    ...jsonOption(
      'the records, last drop first, as one JSON document; docs/record.md describes them. With --watch: one record per line, whenever one has changed',
    ),
  },
  examples: [
    'npx imagedrop status linux/ubuntu-24.04.qcow2',
    'npx imagedrop status linux/ubuntu-24.04.qcow2 --watch --timeout-seconds 600',
    "npx imagedrop status linux/ubuntu-24.04.qcow2 --json | jq -r '.[0].image.id'",
  ],
  exitCodes: {
    0: 'the last drop of the key is an active image, at all targets that it goes to',
    1: 'it has failed or was superseded at any target, or there is no such drop there',
    2: 'wrong use',
    3: 'it is under way',
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
