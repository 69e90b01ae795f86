import { command } from '../terminal/command.ts';
import { DONE } from '../terminal/exit-codes.ts';

/** Prints what teaches a shell to complete these commands. */
export const completion = command({
  name: 'completion',
  summary: 'prints a script that completes commands, options and files in a shell',
  usage: [['imagedrop completion bash|zsh|fish', 'the script for that shell']],
  positionals: ['bash', 'zsh', 'fish'],
  options: {},
  notes: ['Shells complete `imagedrop`, not `npx imagedrop`: run `npm install --global ./bin` in the clone first.'],
  examples: [
    "echo 'source <(imagedrop completion bash)' >> ~/.bashrc",
    "echo 'source <(imagedrop completion zsh)' >> ~/.zshrc",
    'imagedrop completion fish > ~/.config/fish/completions/imagedrop.fish',
  ],
  exitCodes: { 0: 'printed', 2: 'wrong use' },
  async run({ positionals }, commands) {
    const { completionScript } = await import('../completion/script.ts');
    process.stdout.write(completionScript(positionals, commands));
    return DONE;
  },
});
