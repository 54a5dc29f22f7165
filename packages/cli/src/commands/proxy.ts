import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit proxy`. */
export function addProxy(program: Command, run: Run): void {
  program
    .command('proxy')
    .helpGroup(GROUPS.record)
    .summary('forward calls to model providers, and record them')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(
      run(async () => {
        throw new CommandError('audit proxy does not exist yet; wait for the next version')
      }),
    )
}
