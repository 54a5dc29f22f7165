import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit convert`. */
export function addConvert(program: Command, run: Run): void {
  program
    .command('convert')
    .helpGroup(GROUPS.move)
    .summary('copy the log to another backend, line by line')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit convert does not exist yet; wait for the next version')
      }),
    )
}
