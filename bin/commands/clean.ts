import { command } from '../terminal/command.ts';

/** Deletes the state of the stack on this machine. */
export const clean = command({
  name: 'clean',
  summary: 'deletes the state of `npm start` in this folder',
  usage: [['npx imagedrop clean', 'deletes .imagedrop/: drops, records, images of the simulator, logs']],
  positionals: 'none',
  options: { 'dry-run': { type: 'boolean', help: 'shows the size and deletes nothing' } },
  notes: ['Deployed stacks, and images in clouds of your own, stay as they are.'],
  examples: ['npx imagedrop clean --dry-run'],
  exitCodes: { 0: 'deleted, or there was nothing', 1: 'a stack runs in this folder', 2: 'wrong use' },
  async run({ options }) {
    const { cleanFolder } = await import('../start/clean-folder.ts');
    return cleanFolder(options['dry-run'] ?? false);
  },
});
