import { type CompletedCommand, type CompletedOption, quoted } from './words.ts';

/** For zsh with its completion system (`compinit`). */
export function zshScript(commands: readonly CompletedCommand[]): string {
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
