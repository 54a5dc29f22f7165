import { type Command, InvalidArgumentError } from 'commander'

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

/** What integrations record there. */
export const STATUSES = ['ok', 'error', 'aborted', 'cancelled', 'truncated', 'timeout', 'unfinished']

const GROUP = 'Filters:'
const FILTERS: readonly (readonly [flags: string, description: string])[] = [
  ['-u, --user <name>', 'entries of this user'],
  ['-m, --model <name>', 'entries of this model'],
  ['--since <time>', 'from this time on: 2026-11-25, 2026-11, 2026-11-25T20:00Z, 36h, 2w, today, yesterday'],
  ['--until <time>', 'up to this time, inclusive: a date is its whole day'],
  ['--session <id>', 'entries of this conversation'],
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
  for (const [flags, description] of FILTERS) add(flags, description).argParser(once)
  add('--status <status>', `entries of calls that ended so: ${STATUSES.join(', ')}`).argParser(knownStatus)
  add('--session-key <key>', `the metadata key that --session looks at (default: ${SESSION_KEY})`)
  add(
    '--metadata <key=value>',
    'entries with this text in their metadata; key:=value for JSON; repeatable',
  ).argParser((value: string, earlier: readonly string[] = []) => [...earlier, value])
  if (grep !== false) add('--grep <text>', 'entries whose input or output contains this text, in any case')
  add('--local', 'read and show times in the local time zone (default: UTC)')
  return command
}

/** The last of two values would silently be the only one. */
function once(value: string, earlier: string | undefined): string {
  if (earlier === undefined) return value
  throw new InvalidArgumentError('It is given twice, and no entry has two of it; leave one out.')
}

/** A status that nothing has would find nothing, as if all were well. */
function knownStatus(value: string, earlier: string | undefined): string {
  if (STATUSES.includes(value)) return once(value, earlier)
  throw new InvalidArgumentError(
    `It is one of ${STATUSES.join(', ')}; --metadata ${STATUS_KEY}=… finds any other.`,
  )
}
