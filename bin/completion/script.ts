import { WrongUse } from '../commands/wrong-use.ts';
import type { Command } from '../terminal/command.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { completedCommands } from './words.ts';
import { zshScript } from './zsh.ts';

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** @throws WrongUse for a shell that is not known */
export function completionScript([shell, ...others]: readonly string[], commands: readonly Command[]): string {
  if (shell === undefined || others.length > 0 || !Object.hasOwn(SHELLS, shell)) {
    throw new WrongUse(`Name one shell: ${Object.keys(SHELLS).join(', ')}.`);
  }
  return SHELLS[shell as keyof typeof SHELLS](completedCommands(commands));
}
