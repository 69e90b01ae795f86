import { command } from '../terminal/command.ts';
import { jsonOption } from '../terminal/options.ts';

/** Says and settles which stack the other commands work with. */
export const stack = command({
  name: 'stack',
  summary: 'says which stack the other commands work with, looks one up, or forgets it',
  usage: [
    ['npx imagedrop stack', 'the stack that is meant, with its outputs'],
    ['npx imagedrop stack NAME', 'looks the deployed stack up, even if it is remembered, and remembers it'],
    ['npx imagedrop stack --forget', 'forgets all deployed stacks'],
  ],
  positionals: ['local'],
  options: {
    forget: { type: 'boolean', help: 'forgets all deployed stacks' },
    ...jsonOption('the stack as one JSON document: `what`, `isLocal`, `outputs`'),
  },
  notes: [
    'A command without --stack works with the stack of IMAGEDROP_STACK; else with the one that `npm start` runs in this folder; else with the deployed stack that was named last. A deployed stack is looked up in CloudFormation once, in the region and with the AWS credentials of the environment. Its region and outputs are remembered in ~/.config/imagedrop/stacks.json ($XDG_CONFIG_HOME); credentials never are.',
  ],
  examples: ['npx imagedrop stack ImageDrop', 'npx imagedrop stack --json | jq -r .outputs.DropBucketName'],
  exitCodes: { 0: 'found, or forgotten', 1: 'AWS refused, or did not answer', 2: 'wrong use, or no such stack' },
  async run({ options, positionals }) {
    const { forgetAll, showStack } = await import('../stack/show-stack.ts');
    return options.forget ? forgetAll(positionals) : showStack(positionals, options.json ?? false);
  },
});
