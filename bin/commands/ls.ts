import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION, TARGET_OPTION } from '../terminal/options.ts';

/** Lists drops and their status. */
export const ls = command({
  name: 'ls',
  summary: 'lists drops: state, format, size, age, key and target',
  usage: [
    ['npx imagedrop ls', 'all drops'],
    ['npx imagedrop ls PREFIX', 'drops whose keys begin with PREFIX'],
  ],
  positionals: 'keys',
  options: {
    failed: { type: 'boolean', help: 'only failed drops' },
    all: { type: 'boolean', help: 'also earlier drops of the same key' },
    family: {
      type: 'string',
      value: 'NAME',
      help: 'all versions of one image: the one that is not retired is current',
    },
    ...TARGET_OPTION,
    ...STACK_OPTION,
    ...jsonOption('a list of the records (docs/record.md)'),
  },
  examples: [
    'npx imagedrop ls linux/ --failed',
    'npx imagedrop ls --json | jq -r \'.[] | select(.status == "active") | .image.id\'',
  ],
  exitCodes: { 0: 'listed, also if there are none', 1: 'AWS refused or did not answer', 2: 'wrong use' },
  async run({ options, positionals }) {
    const [{ listDrops }, { withStack }, { targetsNamed }, { WrongUse }] = await Promise.all([
      import('../ls/list-drops.ts'),
      import('../stack/connection.ts'),
      import('../stack/targets.ts'),
      import('../terminal/exit-codes.ts'),
    ]);
    const [prefix = '', ...others] = positionals;
    if (others.length > 0) throw new WrongUse('Name one PREFIX.');
    const { failed: failedOnly = false, all = false, json = false, target = [], family } = options;
    const asked = { prefix, failedOnly, all, json, ...(family !== undefined && { family }) };
    return withStack(options.stack, (stack) => listDrops(asked, stack, targetsNamed(target, stack.targets)));
  },
});
