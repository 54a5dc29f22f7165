import type { Command, Option } from 'commander'
import { COLUMN_NAMES } from '../entries/entry-column.ts'
import { STATUSES } from '../filters/filter-options.ts'
import { GROUPING_NAMES } from '../stats/grouping.ts'

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
  /** The values that it takes, where there are only a few, or those that are most asked for. */
  readonly values: readonly string[]
  /** Whether it takes several of them, with commas in between. */
  readonly isList: boolean
}

const TIMES = ['today', 'yesterday', '1h', '24h', '7d', '4w']
/** Values of options that take others too. */
const SUGGESTED: ReadonlyMap<string, readonly string[]> = new Map([
  ['--status', STATUSES],
  ['--since', TIMES],
  ['--until', TIMES],
  ['--by', GROUPING_NAMES],
  ['--columns', COLUMN_NAMES],
])
const LISTS = ['--by', '--columns']

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
  isList: false,
}

function optionWords(option: Option): OptionWords {
  const { long = '' } = option
  return {
    long,
    short: option.short,
    summary: option.description,
    takesValue: option.required || option.optional,
    values: option.argChoices ?? SUGGESTED.get(long) ?? [],
    isList: LISTS.includes(long),
  }
}
