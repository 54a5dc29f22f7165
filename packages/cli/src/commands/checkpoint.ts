import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit checkpoint`. */
export function addCheckpoint(program: Command, run: Run): void {
  program
    .command('checkpoint')
    .helpGroup(GROUPS.trust)
    .summary('sign what the log is now')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit checkpoint does not exist yet; wait for the next version')
      }),
    )
}
