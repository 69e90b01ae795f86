import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION } from '../terminal/options.ts';

/** Serves a page of a stack on this machine. */
export const ui = command({
  name: 'ui',
  summary: 'opens a page to drop images and to watch drops, on this machine only',
  usage: [['npx imagedrop ui', 'the page of a stack, in your browser, until Ctrl-C']],
  positionals: 'none',
  options: {
    port: { type: 'string', value: 'PORT', help: 'the port on 127.0.0.1 (default: any free one)' },
    'no-open': { type: 'boolean', help: 'prints the address and opens no browser' },
    ...STACK_OPTION,
    ...jsonOption('prints `{"url": …}`'),
  },
  notes: ['The address contains a secret: anyone who has it can use the page until Ctrl-C ends it.'],
  examples: ['npx imagedrop ui', 'npx imagedrop ui --stack ImageDrop --port 8400 --no-open'],
  exitCodes: { 0: 'ended by Ctrl-C', 1: 'it could not start or end well', 2: 'wrong use' },
  async run({ options }) {
    const [{ uiOptions }, { servePage }, { withStack }] = await Promise.all([
      import('../ui/options.ts'),
      import('../ui/serve-page.ts'),
      import('../stack/connection.ts'),
    ]);
    const asked = uiOptions(options);
    return withStack(options.stack, (stack) => servePage(stack, asked));
  },
});
