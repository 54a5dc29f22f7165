import type { CommandWords, OptionWords } from './command-words.ts'

/** The completion script for zsh. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  return `#compdef audit
# Completion of audit for zsh. In ~/.zshrc, after compinit: eval "$(audit completion zsh)"
_audit() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
compdef _audit audit
`
}

function commandCase({ name, options, values }: CommandWords): string {
  const rest = values.length > 0 ? `1: :(${values.join(' ')})` : '*:file:_files'
  const specs = [...options.flatMap(optionSpecs), quoted(rest)]
  return `    ${name})\n      _arguments ${specs.join(' \\\n        ')} ;;`
}

function optionSpecs({ long, short, summary, takesValue, ...value }: OptionWords): readonly string[] {
  const text = `[${summary.replaceAll(/[[\]\\:]/g, '\\$&')}]${takesValue ? valueSpec(value) : ''}`
  return [...(short === undefined ? [] : [short]), long].map(flag => quoted(`${flag}${text}`))
}

function valueSpec({ values, isList }: Pick<OptionWords, 'values' | 'isList'>): string {
  if (values.length === 0) return ': :_files'
  return isList ? `: :_values -s , value ${values.join(' ')}` : `: :(${values.join(' ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
