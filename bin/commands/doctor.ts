import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION } from '../terminal/options.ts';

/** Checks everything that a drop needs, and says what is wrong and how to fix it. */
export const doctor = command({
  name: 'doctor',
  summary: 'checks credentials, clocks, permissions, queues and each cloud; says what is wrong and how to fix it',
  usage: [
    ['npx imagedrop doctor', 'a stack and the clouds that its drops go to'],
    ['npx imagedrop doctor --os-cloud NAME', 'a cloud of your clouds.yaml, without any stack'],
  ],
  positionals: 'none',
  options: {
    'os-cloud': { type: 'string', value: 'NAME', help: 'only this cloud of your clouds.yaml' },
    kind: { type: 'string', value: 'glance|ims', help: 'the kind of that cloud (default: glance)' },
    'read-only': {
      type: 'boolean',
      help: 'makes nothing. Without it an upload to the drop bucket is begun and given up, and an image without data is made at each cloud and deleted: rights show in no other way',
    },
    ...STACK_OPTION,
    ...jsonOption('a list of what was found: `area`, `check`, `outcome`, `detail`, `nextStep`'),
  },
  notes: [
    'Everything is asked from this machine with your own AWS credentials; the functions have roles and ways of their own. Of a stack, clouds.yaml is read from its secret, if these credentials may.',
  ],
  examples: [
    'npx imagedrop doctor --stack ImageDrop',
    'npx imagedrop doctor --os-cloud mycloud --read-only',
    'npx imagedrop doctor --json | jq \'.[] | select(.outcome != "ok")\'',
  ],
  exitCodes: { 0: 'nothing is wrong; there may be warnings', 1: 'something is wrong', 2: 'wrong use' },
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
