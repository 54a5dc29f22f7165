import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import { addLogArgument } from '../log/log-options.ts'
import { addCheckpointOption, addTrustOptions } from '../trust/trust-options.ts'
import type { VerifyOptions } from '../verify/verify.ts'

/** Adds `audit verify`. */
export function addVerify(program: Command, run: Run): void {
  const command = program
    .command('verify')
    .helpGroup(GROUPS.trust)
    .summary('check every entry and hash, and compare with checkpoints')
    .description(
      'Reads every entry, computes every hash anew, and compares the log with checkpoints that were kept elsewhere. ' +
        'Ends with 0: whole and anchored; 1: something is wrong; 2: it could not run; 3: whole as far as the log alone can tell.',
    )
  addExamples(command, [
    [
      'audit verify audit.db --checkpoint checkpoint.txt --key audit.pub',
      'Is the log still what was signed?',
    ],
    ['audit verify audit.db', 'What can the log tell by itself?'],
    ['audit verify audit.db --json | jq .findings', 'What is wrong, for a program'],
  ])
  addLogArgument(command)
  addCheckpointOption(command, 'a checkpoint that was kept elsewhere; may be repeated; - is standard input')
  addTrustOptions(command)
    .option('--json', 'print one JSON object')
    .action(
      run(async (context, log: string, options: VerifyOptions) => {
        const { verify } = await import('../verify/verify.ts')
        return verify(context, log, options)
      }),
    )
}
