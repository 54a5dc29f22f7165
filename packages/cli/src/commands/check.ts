import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit check`. */
export function addCheck(program: Command, run: Run): void {
  program
    .command('check')
    .helpGroup(GROUPS.trust)
    .summary('check a receipt, without the log')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit check does not exist yet; wait for the next version')
      }),
    )
}
