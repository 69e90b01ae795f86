import { type Block, blocksIn } from './pages.ts';

/** A command of the documentation, as a person would type it. */
export interface ShellCommand {
  readonly page: string;
  /** Of the block in which it stands. */
  readonly line: number;
  readonly text: string;
  /** Variables and functions that the page has its reader define before. */
  readonly definitions: readonly string[];
}

/** `STACK=ImageDrop`, `output() { …; }`: nothing happens by itself. */
const DEFINITION = /^\w+(=|\(\) *\{)/;

/** Every command in a block of a shell's, in the order of the pages. */
export function documentedCommands(blocks: readonly Block[] = blocksIn('sh', 'bash', 'console')): ShellCommand[] {
  const definitions = new Map<string, string[]>();
  return blocks.flatMap((block) => {
    const { page, line } = block;
    const lines = commandLines(block);
    const known = [...(definitions.get(page) ?? []), ...lines.filter((text) => DEFINITION.test(text))];
    definitions.set(page, known);
    const commands = lines.filter((text) => !DEFINITION.test(text)).flatMap((text) => text.split(' && '));
    return commands.map((text) => ({ page, line, text, definitions: known }));
  });
}

/** What is typed: in a console behind `$ `, the rest is output; lines that go on are joined, remarks left out. */
export function commandLines({ language, text }: Pick<Block, 'language' | 'text'>): string[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  const typed =
    language === 'console' ? lines.flatMap((line) => (line.startsWith('$ ') ? [line.slice(2)] : [])) : lines;
  return typed.map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((line) => line !== '');
}

/** How a test names it. */
export const nameOf = ({ page, line, text }: ShellCommand): string => `${page}:${line} ${text}`;
