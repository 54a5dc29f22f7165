import type { Command } from 'commander'

/** The options of each command that takes a LOG, as commander gives them. */
export interface LogOptions {
  /** Which log of a PostgreSQL database. */
  readonly log?: string
  /** The file that holds the connection string of the database. */
  readonly connection?: string
}

/** Adds the argument LOG, and the options that a log on PostgreSQL needs. */
export function addLogArgument(command: Command): Command {
  return addLogOptions(
    command.argument(
      '<log>',
      'the log: an SQLite or JSONL file, - for standard input, or postgres:// (see --log)',
    ),
  )
}

/** Adds the options alone, for a command that names its arguments itself. */
export function addLogOptions(command: Command): Command {
  return command
    .option('--log <name>', 'which log of a PostgreSQL database (default: "default")')
    .option('--connection <file>', 'a file with the connection string; otherwise AUDIT_POSTGRES_URL has it')
}
