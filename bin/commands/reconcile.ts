import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION } from '../terminal/options.ts';

/** Runs reconcile now, or asks what it would do. */
export const reconcile = command({
  name: 'reconcile',
  summary: 'finds lost drops and sends them again',
  usage: [
    ['npx imagedrop reconcile --dry-run', 'checks everything, changes nothing'],
    ['npx imagedrop reconcile', 'continues where the last run stopped'],
  ],
  positionals: 'none',
  options: {
    'dry-run': { type: 'boolean', help: 'checks everything, changes nothing' },
    ...STACK_OPTION,
    ...jsonOption('the report as one JSON document (docs/reconcile.md)'),
  },
  notes: ['Reconcile also runs on a schedule.'],
  examples: ['npx imagedrop reconcile --dry-run', 'npx imagedrop reconcile --stack ImageDrop'],
  exitCodes: { 0: 'done', 1: 'the run failed', 2: 'wrong use' },
  async run({ options }) {
    const [{ runReconcile }, { withStack }] = await Promise.all([
      import('../reconcile/run-reconcile.ts'),
      import('../stack/connection.ts'),
    ]);
    const { 'dry-run': dryRun = false, json = false } = options;
    return withStack(options.stack, (stack) => runReconcile({ dryRun, json }, stack));
  },
});
