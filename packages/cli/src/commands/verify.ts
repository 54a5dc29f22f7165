import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit verify`. */
export function addVerify(program: Command, run: Run): void {
  program
    .command('verify')
    .helpGroup(GROUPS.trust)
    .summary('check every entry and hash, and compare with checkpoints')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit verify does not exist yet; wait for the next version')
      }),
    )
}
