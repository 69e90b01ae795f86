import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION } from '../terminal/options.ts';

/** Checks everything that a drop needs, and says what is wrong and how to fix it. */
export const doctor = command({
  name: 'doctor',
  summary: 'checks credentials, clocks, permissions, queues and clouds; shows how to fix them',
  usage: [
    ['npx imagedrop doctor', 'a stack and the clouds of its targets'],
    ['npx imagedrop doctor --os-cloud NAME', 'a cloud of your clouds.yaml, without a stack'],
  ],
  positionals: 'none',
  options: {
    'os-cloud': { type: 'string', value: 'NAME', help: 'only this cloud of your clouds.yaml' },
    kind: { type: 'string', value: 'glance|ims', help: 'the kind of that cloud (default: glance)' },
    'read-only': {
      type: 'boolean',
      help: 'creates nothing; without it doctor tests permissions by an upload that it aborts and an empty image that it deletes',
    },
    ...STACK_OPTION,
    ...jsonOption('a list of `area`, `check`, `outcome`, `detail`, `nextStep`'),
  },
  notes: [
    'doctor uses your AWS credentials and this network; the functions have their own. It reads clouds.yaml from the secret of the stack, if it may.',
  ],
  examples: [
    'npx imagedrop doctor --stack ImageDrop',
    'npx imagedrop doctor --json | jq \'.[] | select(.outcome != "ok")\'',
  ],
  exitCodes: { 0: 'no fault; warnings are possible', 1: 'a fault', 2: 'wrong use' },
  async run({ options }) {
    const [{ runDoctor }, { kindOf }] = await Promise.all([
      import('../doctor/run-doctor.ts'),
      import('../terminal/options.ts'),
    ]);
    const { stack, 'os-cloud': osCloud, kind, 'read-only': readOnly = false, json = false } = options;
    return runDoctor({
      kind: kindOf(kind),
      readOnly,
      json,
      ...(stack !== undefined && { stack }),
      ...(osCloud !== undefined && { osCloud }),
    });
  },
});
