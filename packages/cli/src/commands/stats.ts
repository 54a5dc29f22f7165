import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { GROUPS, type Run } from '../command-line.ts'

/** Adds `audit stats`. */
export function addStats(program: Command, run: Run): void {
  program
    .command('stats')
    .helpGroup(GROUPS.look)
    .summary('print calls, cost, tokens and latency')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(run(async () => {
      throw new CommandError('audit stats does not exist yet; wait for the next version')
    }))
}
