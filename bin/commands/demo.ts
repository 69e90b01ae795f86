import { command } from '../terminal/command.ts';

/** Shows what the stack does, with files of its own. */
export const demo = command({
  name: 'demo',
  summary: 'shows in a minute the results of a good, a packed, a truncated and a wrong file',
  usage: [['npm run demo', 'makes four small files, drops them on this machine and explains each result']],
  positionals: 'none',
  options: {},
  notes: ['Cloud and AWS are simulated. State is in .imagedrop/, the files are in .imagedrop/demo/.'],
  examples: ['npx imagedrop demo'],
  exitCodes: {
    0: 'each file had the expected result',
    1: 'a file had another result',
    2: 'wrong use',
    130: 'interrupted',
  },
  async run() {
    const { runDemo } = await import('../start/demo.ts');
    return runDemo();
  },
});
