import type { Command, Option } from 'commander'

/** What can be typed behind a command's name. */
export interface CommandWords {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionWords[]
  /** The values of its first argument, where there are only a few. */
  readonly values: readonly string[]
}

/** An option, as it is typed. */
export interface OptionWords {
  /** `--limit` */
  readonly long: string
  /** `-n` */
  readonly short: string | undefined
  readonly summary: string
  readonly takesValue: boolean
  /** The values that it takes, where there are only a few. */
  readonly values: readonly string[]
}

/** The commands of a program, from commander's own list. */
export function commandWords(program: Command): readonly CommandWords[] {
  const commands = program.commands.map(command => ({
    name: command.name(),
    summary: command.summary(),
    options: [...command.options.filter(({ hidden }) => !hidden).map(optionWords), HELP],
    values: command.registeredArguments[0]?.argChoices ?? [],
  }))
  const help = {
    name: 'help',
    summary: 'print what a command takes',
    options: [],
    values: commands.map(({ name }) => name),
  }
  return [...commands, help]
}

const HELP: OptionWords = {
  long: '--help',
  short: '-h',
  summary: 'print what the command takes',
  takesValue: false,
  values: [],
}

function optionWords(option: Option): OptionWords {
  return {
    long: option.long ?? '',
    short: option.short,
    summary: option.description,
    takesValue: option.required || option.optional,
    values: option.argChoices ?? [],
  }
}
