import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit import`. */
export function addImport(program: Command, run: Run): void {
  program
    .command('import')
    .helpGroup(GROUPS.move)
    .summary('record what other software has logged')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit import does not exist yet; wait for the next version')
      }),
    )
}
