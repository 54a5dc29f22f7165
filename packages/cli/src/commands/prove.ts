import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit prove`. */
export function addProve(program: Command, run: Run): void {
  program
    .command('prove')
    .helpGroup(GROUPS.trust)
    .summary('write the receipt of an entry')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit prove does not exist yet; wait for the next version')
      }),
    )
}
