import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION } from '../terminal/options.ts';

/** Runs reconcile now, or asks what it would do. */
export const reconcile = command({
  name: 'reconcile',
  summary: 'finds what got lost between bucket, records and images, and sends it round again',
  usage: [
    ['npx imagedrop reconcile --dry-run', 'looks at everything, changes nothing, and says what it would do'],
    ['npx imagedrop reconcile', 'goes on where the last run stopped'],
  ],
  positionals: 'none',
  options: {
    'dry-run': { type: 'boolean', help: 'looks at everything, changes nothing' },
    ...STACK_OPTION,
    ...jsonOption('the report as one JSON document; docs/reconcile.md describes it'),
  },
  notes: ['It runs automatically on a schedule; this runs it now.'],
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
