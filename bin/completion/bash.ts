import { type CompletedCommand, type CompletedOption, quoted } from './words.ts';

/** For bash 4 and later: it completes words alone, without a word on what they mean. */
export function bashScript(commands: readonly CompletedCommand[]): string {
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
