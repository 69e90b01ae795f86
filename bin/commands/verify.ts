import { command } from '../terminal/command.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import { jsonOption, STACK_OPTION, TARGET_OPTION } from '../terminal/options.ts';

/** Compares record, receipt and what the cloud has now. */
export const verify = command({
  name: 'verify',
  summary: 'checks the whole chain of an image: dropped object, checksum, image in the cloud as it is now, receipt',
  usage: [['npx imagedrop verify KEY', 'the last drop of the key, at each target that it went to']],
  positionals: 'keys',
  options: {
    key: {
      type: 'string',
      value: 'PUBLIC.pem',
      help: 'the public key that must have signed the receipts (default: the receipt key of the stack, if it has one)',
    },
    ...TARGET_OPTION,
    ...STACK_OPTION,
    ...jsonOption('a list of the links: `area`, `check`, `outcome`, `detail`, `nextStep`'),
  },
  notes: [
    'The cloud is asked from this machine, with the clouds.yaml in the secret of the stack (docs/permissions.md).',
  ],
  examples: [
    'npx imagedrop verify linux/ubuntu-24.04.qcow2',
    'npx imagedrop verify linux/ubuntu-24.04.qcow2 --target mycloud --json',
  ],
  exitCodes: {
    0: 'every link holds, at all targets',
    1: 'a link is broken, the drop failed, or there is no such drop',
    2: 'wrong use',
    3: 'it is under way',
  },
  async run({ options, positionals }) {
    const [{ verifyDrop }, { withStack }, { targetsNamed }] = await Promise.all([
      import('../verify/verify-drop.ts'),
      import('../stack/connection.ts'),
      import('../stack/targets.ts'),
    ]);
    const [key, ...others] = positionals;
    if (key === undefined || others.length > 0) throw new WrongUse('Name one KEY.');
    const { target = [], json = false, key: keyFile } = options;
    return withStack(options.stack, (stack) =>
      verifyDrop({ key, json, keyFile, targets: targetsNamed(target, stack.targets) }, stack),
    );
  },
});
