import { command } from '../terminal/command.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import { jsonOption, STACK_OPTION } from '../terminal/options.ts';

/** Sends drops to a target that were dropped before it was part of the stack. */
export const backfill = command({
  name: 'backfill',
  summary: 'sends earlier drops to a target that was added later',
  usage: [
    ['npx imagedrop backfill --target NAME', 'all drops without a record at this target'],
    ['npx imagedrop backfill --target NAME PREFIX', 'drops whose keys begin with PREFIX'],
  ],
  positionals: 'keys',
  options: {
    target: { type: 'string', value: 'NAME', help: 'the target; required' },
    'dry-run': { type: 'boolean', help: 'lists the drops, sends nothing' },
    ...STACK_OPTION,
    ...jsonOption('one JSON document per line for each drop'),
  },
  notes: ['Only the newest version of each key is sent.'],
  examples: [
    'npx imagedrop backfill --target mycloud --dry-run',
    'npx imagedrop backfill --target mycloud linux/ --stack ImageDrop',
  ],
  exitCodes: { 0: 'sent', 1: 'nothing to send', 2: 'wrong use' },
  async run({ options, positionals }) {
    const [{ backfillDrops }, { withStack }, { targetsNamed }] = await Promise.all([
      import('../backfill/backfill-drops.ts'),
      import('../stack/connection.ts'),
      import('../stack/targets.ts'),
    ]);
    const { target, 'dry-run': dryRun = false, json = false } = options;
    const [prefix = '', ...others] = positionals;
    if (target === undefined) throw new WrongUse('The option --target is missing: name the target to send drops to.');
    if (others.length > 0) throw new WrongUse(`Only one PREFIX is possible, but there are ${positionals.length}.`);
    return withStack(options.stack, (stack) => {
      targetsNamed([target], stack.targets);
      return backfillDrops({ target, prefix, dryRun, json }, stack);
    });
  },
});
