import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import { addLogArgument } from '../log/log-options.ts'
import { addCheckpointOption } from '../trust/trust-options.ts'
import type { CheckpointOptions } from '../verify/checkpoint.ts'

/** Adds `audit checkpoint`. */
export function addCheckpoint(program: Command, run: Run): void {
  const command = program
    .command('checkpoint')
    .helpGroup(GROUPS.trust)
    .summary('sign what the log is now')
    .description(
      'Verifies the log, then signs its size and its root. Keep the result where nobody who can write to the log can change ' +
        'it. A log with findings, or that does not continue an earlier checkpoint, is not signed, and the command ends with 1.',
    )
  addExamples(command, [
    [
      'audit checkpoint audit.db --key audit.key -o checkpoint.txt',
      'A new checkpoint in place of the last one, which it must continue',
    ],
    [
      'audit checkpoint audit.db --key audit.key | mail -s checkpoint auditor@example.com',
      'Send it to an auditor',
    ],
  ])
  addLogArgument(command).requiredOption(
    '--key <file>',
    'the file of the private key, as audit keygen makes it',
  )
  addCheckpointOption(command, 'an earlier checkpoint, which the log must continue; may be repeated')
    .option(
      '-o, --output <file>',
      'where to write it; a checkpoint that is there already must be continued. Default: standard output',
    )
    .action(
      run(async (context, log: string, options: CheckpointOptions) => {
        const { checkpoint } = await import('../verify/checkpoint.ts')
        return checkpoint(context, log, options)
      }),
    )
}
