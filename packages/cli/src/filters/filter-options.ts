import type { Command } from 'commander'

/** The options that choose entries, as commander gives them. */
export interface FilterOptions {
  readonly user?: string
  readonly model?: string
  readonly since?: string
  readonly until?: string
  readonly metadata?: readonly string[]
  readonly session?: string
  readonly sessionKey?: string
  readonly status?: string
  readonly grep?: string
  readonly local?: boolean
}

/** Where integrations keep the conversation that a call belongs to. */
export const SESSION_KEY = 'gen_ai.conversation.id'
/** Where integrations keep how a call ended. */
export const STATUS_KEY = 'audit.status'

const GROUP = 'Filters:'
const FILTERS: readonly (readonly [flags: string, description: string])[] = [
  ['-u, --user <name>', 'entries of this user'],
  ['-m, --model <name>', 'entries of this model'],
  ['--since <time>', 'from this time on: 2026-11-25, 2026-11, 2026-11-25T20:00Z, 36h, 2w, today, yesterday'],
  ['--until <time>', 'up to this time, inclusive: a date is its whole day'],
  ['--session <id>', 'entries of this conversation'],
  ['--status <status>', 'entries of calls that ended so: ok, error, aborted, cancelled, truncated, timeout'],
]

/** Which of the filters a command does not have. */
export interface LeftOut {
  /** For commands that cannot look into each text. */
  readonly grep?: false
}

/** Adds the options that choose entries; `filtersOf` reads them. */
export function addFilterOptions(command: Command, { grep }: LeftOut = {}): Command {
  const add = (flags: string, description: string) => {
    const option = command.createOption(flags, description).helpGroup(GROUP)
    command.addOption(option)
    return option
  }
  for (const [flags, description] of FILTERS) add(flags, description)
  add('--session-key <key>', `the metadata key that --session looks at (default: ${SESSION_KEY})`)
  add(
    '--metadata <key=value>',
    'entries with this text in their metadata; key:=value for JSON; repeatable',
  ).argParser((value: string, earlier: readonly string[] = []) => [...earlier, value])
  if (grep !== false) add('--grep <text>', 'entries whose input or output contains this text, in any case')
  add('--local', 'read and show times in the local time zone (default: UTC)')
  return command
}
