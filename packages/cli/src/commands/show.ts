import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit show`. */
export function addShow(program: Command, run: Run): void {
  program
    .command('show')
    .helpGroup(GROUPS.look)
    .summary('print one entry in full')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(run(async () => {
      throw new CommandError('audit show does not exist yet; wait for the next version')
    }))
}
