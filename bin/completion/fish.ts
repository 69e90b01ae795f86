import { type CompletedCommand, type CompletedOption, quoted } from './words.ts';

export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => [nameLine(command), ...linesOf(command)]);
  return `# imagedrop: completion for fish
complete -c imagedrop -f
complete -c imagedrop -n __fish_use_subcommand -a help
${lines.join('\n')}
`;
}

const nameLine = ({ name, summary }: CompletedCommand): string =>
  `complete -c imagedrop -n __fish_use_subcommand -a ${name} -d ${fishQuoted(summary)}`;

function linesOf({ name, options, positionals }: CompletedCommand): string[] {
  const where = `complete -c imagedrop -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
  const words = positionals === 'files' ? [`${where} -F`] : [];
  const choices =
    positionals === 'files' || positionals.length === 0 ? [] : [`${where} -a ${quoted(positionals.join(' '))}`];
  return [...options.map((option) => `${where} ${optionWords(option)}`), ...words, ...choices];
}

function optionWords({ name, help, takesValue, choices }: CompletedOption): string {
  const value = choices.length === 0 ? ' -x' : ` -x -a ${quoted(choices.join(' '))}`;
  return `-l ${name}${takesValue ? value : ''} -d ${fishQuoted(help)}`;
}

/** Fish escapes within single quotes. */
const fishQuoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
