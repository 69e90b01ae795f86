import { printable, printableJson } from '../printable.ts';
import { DONE, WrongUse } from '../terminal/exit-codes.ts';
import { findStack, LOCAL, lookUpStack } from './find-stack.ts';
import { forgetStacks } from './remembered.ts';

/** @returns the exit code */
export async function showStack(names: readonly string[], json: boolean): Promise<number> {
  const [name, ...others] = names;
  if (others.length > 0) throw new WrongUse('Name one stack.');
  const found = name === undefined || name === LOCAL ? findStack(name) : lookUpStack(name);
  const { what, isLocal, outputs } = await found;
  process.stdout.write(json ? `${printableJson({ what, isLocal, outputs }, 2)}\n` : report(what, outputs));
  return DONE;
}

/** @returns the exit code */
export async function forgetAll(names: readonly string[]): Promise<number> {
  if (names.length > 0) throw new WrongUse('--forget forgets all of them; it takes no name.');
  const forgotten = await forgetStacks();
  process.stdout.write(
    `${forgotten.length === 0 ? 'None was remembered' : `Forgotten: ${forgotten.map(printable).join(', ')}`}.\n`,
  );
  return DONE;
}

function report(what: string, outputs: Readonly<Record<string, string>>): string {
  const column = Math.max(...Object.keys(outputs).map((name) => name.length)) + 2;
  const lines = Object.entries(outputs).map(([name, value]) => `  ${name.padEnd(column)}${value}`);
  return `${[what, ...lines].map(printable).join('\n')}\n`;
}
