import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { ImportOptions } from '../import/import.ts'
import { addLogOptions } from '../log/log-options.ts'

/** Adds `audit import`. */
export function addImport(program: Command, run: Run): void {
  const command = program
    .command('import')
    .helpGroup(GROUPS.move)
    .summary('record what other software has logged')
    .description(
      'Imports a log of SynapseKit 1.6 (SQLite or JSONL), or another log. Into an empty log, ids and times stay as they are; ' +
        'among other entries, the log gives out its own. Run it again to go on where it stopped. Ends with 1 if a line was not taken, or if the other log is damaged.',
    )
  addExamples(command, [
    ['audit import audit_log.db audit.db', "SynapseKit's log, history included, into a new log"],
    ['audit import audit_log.jsonl audit.db --json', 'The same from JSONL, with a report for a program'],
  ])
  addLogOptions(
    command
      .argument(
        '<in>',
        'what to import: an SQLite or JSONL file, - for standard input, or postgres:// (see --from). Nothing of it is changed',
      )
      .argument(
        '<log>',
        'the log that it goes into: an SQLite or JSONL file, which may be new, or postgres://',
      ),
  )
    .option('--from <name>', 'which log of a PostgreSQL database to import (default: "default")')
    .option('--json', 'print one JSON object')
    .action(
      run(async (context, given: string, log: string, options: ImportOptions) => {
        const { importInto } = await import('../import/import.ts')
        return importInto(context, given, log, options)
      }),
    )
}
