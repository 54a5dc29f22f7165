import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit view`. */
export function addView(program: Command, run: Run): void {
  program
    .command('view')
    .helpGroup(GROUPS.look)
    .summary('serve the log as a page on this machine')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit view does not exist yet; wait for the next version')
      }),
    )
}
