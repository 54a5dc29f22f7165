import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit keygen`. */
export function addKeygen(program: Command, run: Run): void {
  program
    .command('keygen')
    .helpGroup(GROUPS.trust)
    .summary('make a key to sign checkpoints with')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit keygen does not exist yet; wait for the next version')
      }),
    )
}
