import type { CommandWords, OptionWords } from './command-words.ts'

/** The completion script for fish. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, summary, options, values }) => {
    const within = `complete -c audit -n '__fish_seen_subcommand_from ${name}'`
    return [
      `complete -c audit -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...(values.length > 0 ? [`${within} -f -a ${quoted(values.join(' '))}`] : []),
      ...options.map(option => `${within} ${optionFlags(option)}`),
    ]
  })
  return `# Completion of audit for fish: audit completion fish > ~/.config/fish/completions/audit.fish\n${lines.join('\n')}\n`
}

function optionFlags({ long, short, summary, takesValue, values }: OptionWords): string {
  const flags = [
    `-l ${long.replace(/^--/, '')}`,
    ...(short === undefined ? [] : [`-s ${short.replace('-', '')}`]),
  ]
  const value = !takesValue ? [] : values.length > 0 ? ['-x', `-a ${quoted(values.join(' '))}`] : ['-r']
  return [...flags, ...value, `-d ${quoted(summary)}`].join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
