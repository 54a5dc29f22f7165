import type { CommandWords } from './command-words.ts'

/** The completion script for bash. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  return `# Completion of audit for bash. In ~/.bashrc: eval "$(audit completion bash)"
_audit() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${commands.map(({ name }) => name).join(' ')} --help --version'
  else
    case "\${COMP_WORDS[1]} $previous" in
${commands.flatMap(valueCases).join('\n')}
    esac
    if [ -z "$words" ]; then
      case "\${COMP_WORDS[1]}" in
${commands.map(({ name, options }) => `        ${name}) words='${options.map(({ long }) => long).join(' ')}' ;;`).join('\n')}
      esac
      [ "\${current#-}" = "$current" ] && words= # a file is wanted
    fi
  fi
  [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _audit audit
`
}

/** What follows an option, or the command itself. */
function valueCases({ name, options, values }: CommandWords): readonly string[] {
  const ofOptions = options.filter(option => option.values.length > 0)
  return [
    ...(values.length > 0 ? [`      '${name} ${name}') words='${values.join(' ')}' ;;`] : []),
    ...ofOptions.map(option => `      '${name} ${option.long}') words='${option.values.join(' ')}' ;;`),
  ]
}
