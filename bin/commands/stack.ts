import { command } from '../terminal/command.ts';
import { jsonOption } from '../terminal/options.ts';

/** Says and settles which stack the other commands work with. */
export const stack = command({
  name: 'stack',
  summary: 'shows, looks up or forgets the stack that commands use',
  usage: [
    ['npx imagedrop stack', 'the stack in use, with its outputs'],
    ['npx imagedrop stack NAME', 'looks up the deployed stack again and remembers it'],
    ['npx imagedrop stack --forget', 'forgets all deployed stacks'],
  ],
  positionals: ['local'],
  options: {
    forget: { type: 'boolean', help: 'forgets all deployed stacks' },
    ...jsonOption('one JSON document: `what`, `isLocal`, `outputs`'),
  },
  notes: [
    'Without --stack, commands use the stack of IMAGEDROP_STACK; else the stack of `npm start` in this folder; else the deployed stack that was named last. A stack is looked up in CloudFormation once. Its region and outputs, but no credentials, are remembered in ~/.config/imagedrop/stacks.json ($XDG_CONFIG_HOME).',
  ],
  examples: ['npx imagedrop stack ImageDrop', 'npx imagedrop stack --json | jq -r .outputs.DropBucketName'],
  exitCodes: { 0: 'found or forgotten', 1: 'AWS refused or did not answer', 2: 'wrong use or unknown stack' },
  async run({ options, positionals }) {
    const { forgetAll, showStack } = await import('../stack/show-stack.ts');
    return options.forget ? forgetAll(positionals) : showStack(positionals, options.json ?? false);
  },
});
