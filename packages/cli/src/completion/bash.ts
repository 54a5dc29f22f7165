import type { CommandWords } from './command-words.ts'

/** The completion script for bash. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  return `# Completion of audit for bash. In ~/.bashrc: eval "$(audit completion bash)"
_audit() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= before=
  COMPREPLY=()
  # --format=csv comes as three words
  [ "$previous" = = ] && previous=\${COMP_WORDS[COMP_CWORD-2]}
  [ "$current" = = ] && current=
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
  [ -n "$words" ] && COMPREPLY=($(compgen -P "$before" -W "$words" -- "\${current#"$before"}"))
}
complete -o default -F _audit audit
`
}

/** Of a list, only the value behind the last comma is completed. */
const BEHIND_COMMA = `; case $current in *,*) before=\${current%,*}, ;; esac`

/** What follows an option, or the command itself. */
function valueCases({ name, options, values }: CommandWords): readonly string[] {
  const ofOptions = options.filter(option => option.values.length > 0)
  return [
    ...(values.length > 0 ? [`      '${name} ${name}') words='${values.join(' ')}' ;;`] : []),
    ...ofOptions.map(option => {
      const flags = [option.long, ...(option.short === undefined ? [] : [option.short])]
      const patterns = flags.map(flag => `'${name} ${flag}'`).join(' | ')
      return `      ${patterns}) words='${option.values.join(' ')}'${option.isList ? BEHIND_COMMA : ''} ;;`
    }),
  ]
}
