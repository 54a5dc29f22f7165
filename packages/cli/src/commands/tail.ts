import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit tail`. */
export function addTail(program: Command, run: Run): void {
  program
    .command('tail')
    .helpGroup(GROUPS.look)
    .summary('print the newest entries, and follow')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(run(async () => {
      throw new CommandError('audit tail does not exist yet; wait for the next version')
    }))
}
