import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit completion`. */
export function addCompletion(program: Command, run: Run): void {
  program
    .command('completion')
    .helpGroup(GROUPS.other)
    .summary('print the completion script of a shell')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(run(async () => {
      throw new CommandError('audit completion does not exist yet; wait for the next version')
    }))
}
