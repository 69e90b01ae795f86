import type { Command } from '../terminal/command.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import type { OptionForm } from '../terminal/help-text.ts';

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** @throws WrongUse for a shell that is not known */
export function completionScript([shell, ...others]: readonly string[], commands: readonly Command[]): string {
  if (shell === undefined || others.length > 0 || !Object.hasOwn(SHELLS, shell)) {
    throw new WrongUse(`Name one shell: ${Object.keys(SHELLS).join(', ')}.`);
  }
  return SHELLS[shell as keyof typeof SHELLS](completedCommands(commands));
}

/** What a shell has to know of a command. */
interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Words that may stand behind the options, or any file. */
  readonly positionals: 'files' | readonly string[];
}

interface CompletedOption {
  readonly name: string;
  readonly help: string;
  readonly takesValue: boolean;
  /** All values that there are; none where any will do. */
  readonly choices: readonly string[];
}

function completedCommands(commands: readonly Command[]): readonly CompletedCommand[] {
  return commands.map(({ name, summary, options, positionals }) => ({
    name,
    summary: brief(summary),
    options: Object.entries(options).map(completedOption),
    // No shell knows the keys of a bucket.
    positionals: positionals === 'none' || positionals === 'keys' ? [] : positionals,
  }));
}

function completedOption([name, form]: [string, OptionForm]): CompletedOption {
  const value = form.type === 'string' ? form.value : '';
  const choices = value.includes('|') ? value.split('|') : [];
  return { name, help: brief(form.help), takesValue: form.type === 'string', choices };
}

/** Up to the first pause: shells show it behind the word, in the same line. */
const brief = (text: string): string => text.split(/[;:(]|\. /)[0]?.trim() ?? '';

/** As one word of any of these shells. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** For bash 4 and later: it completes words alone, without a word on what they mean. */
function bashScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# imagedrop: completion for bash
_imagedrop() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(`${names} help`)} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]} $before" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
    help) words=${quoted(names)} ;;
${commands.map(wordCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _imagedrop imagedrop
`;
}

/** Behind an option that takes a value: its choices, or nothing. */
function valueCases({ name, options }: CompletedCommand): string[] {
  const valued = options.filter(({ takesValue }) => takesValue);
  const patterns = valued.filter(({ choices }) => choices.length === 0).map((option) => patternOf(name, option));
  return [
    ...valued.filter(({ choices }) => choices.length > 0).map((option) => choiceCase(name, option)),
    ...(patterns.length === 0 ? [] : [`    ${patterns.join(' | ')}) return ;;`]),
  ];
}

const patternOf = (command: string, { name }: CompletedOption): string => quoted(`${command} --${name}`);

function choiceCase(command: string, option: CompletedOption): string {
  const words = quoted(option.choices.join(' '));
  return `    ${patternOf(command, option)}) COMPREPLY=($(compgen -W ${words} -- "$current")); return ;;`;
}

function wordCase({ name, options, positionals }: CompletedCommand): string {
  const flags = options.map((option) => `--${option.name}`);
  const words = positionals === 'files' ? [] : positionals;
  const files = positionals === 'files' ? '; case "$current" in -*) ;; *) compopt -o default; return ;; esac' : '';
  return `    ${name}) words=${quoted([...flags, ...words].join(' '))}${files} ;;`;
}

/** For zsh with its completion system (`compinit`). */
function zshScript(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, summary }) => `    ${quoted(`${name}:${escaped(summary)}`)}`);
  return `#compdef imagedrop
# imagedrop: completion for zsh
_imagedrop() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
    help) _describe command commands ;;
${commands.map(commandCase).join('\n')}
  esac
}
if [ "$funcstack[1]" = _imagedrop ]; then
  _imagedrop "$@"
else
  compdef _imagedrop imagedrop
fi
`;
}

function commandCase({ name, options, positionals }: CompletedCommand): string {
  const words = positionals === 'files' ? ["'*:file:_files'"] : [quoted(`*:word:(${positionals.join(' ')})`)];
  return `    ${name}) _arguments ${[...options.map(optionSpec), ...words].join(' ')} ;;`;
}

/** \`*\`: it may be given again; of one that takes any value nothing is offered. */
function optionSpec({ name, help, takesValue, choices }: CompletedOption): string {
  const values = choices.length === 0 ? ' ' : `(${choices.join(' ')})`;
  const value = takesValue ? `:value:${values}` : '';
  return quoted(`*--${name}[${escaped(help)}]${value}`);
}

const escaped = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

function fishScript(commands: readonly CompletedCommand[]): string {
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
