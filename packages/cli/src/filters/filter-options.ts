import type { Command } from 'commander'

/** The options that choose entries, as commander gives them. */
export interface FilterOptions {
  readonly user?: string
  readonly model?: string
  readonly since?: string
  readonly until?: string
  readonly metadata?: readonly string[]
  readonly session?: string
  readonly sessionKey: string
  readonly status?: string
  readonly grep?: string
  readonly local?: boolean
}

/** Where integrations keep the conversation that a call belongs to. */
export const SESSION_KEY = 'gen_ai.conversation.id'
/** Where integrations keep how a call ended. */
export const STATUS_KEY = 'audit.status'

const GROUP = 'Filters:'

/** Adds the options that choose entries; `filtersOf` reads them. */
export function addFilterOptions(command: Command): Command {
  const filters: readonly (readonly [flags: string, description: string])[] = [
    ['-u, --user <name>', 'entries of this user'],
    ['-m, --model <name>', 'entries of this model'],
    ['--since <time>', 'from this time on: 2026-11-25, 2026-11, 2026-11-25T20:00Z, 36h, 2w, today, yesterday'],
    ['--until <time>', 'up to this time, inclusive: a date is its whole day'],
    ['--session <id>', 'entries of this conversation'],
    ['--status <status>', 'entries of calls that ended so: ok, error, aborted, …'],
    ['--grep <text>', 'entries whose input or output holds this text, in upper or lower case'],
  ]
  for (const [flags, description] of filters) {
    command.addOption(command.createOption(flags, description).helpGroup(GROUP))
  }
  const metadata = command
    .createOption('--metadata <key=value>', 'entries with this text in the metadata; key:=value for JSON; may be repeated')
    .argParser((value: string, earlier: readonly string[] = []) => [...earlier, value])
  const sessionKey = command
    .createOption('--session-key <key>', 'the key of the metadata that --session looks at')
    .default(SESSION_KEY)
  for (const option of [metadata, sessionKey]) command.addOption(option.helpGroup(GROUP))
  return command.option('--local', 'read and show times in the local time zone; otherwise they are UTC')
}
