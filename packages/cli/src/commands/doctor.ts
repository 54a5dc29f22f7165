import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit doctor`. */
export function addDoctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .helpGroup(GROUPS.trust)
    .summary('examine the log and its surroundings')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit doctor does not exist yet; wait for the next version')
      }),
    )
}
