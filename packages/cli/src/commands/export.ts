import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit export`. */
export function addExport(program: Command, run: Run): void {
  program
    .command('export')
    .helpGroup(GROUPS.move)
    .summary('write entries in another format')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit export does not exist yet; wait for the next version')
      }),
    )
}
