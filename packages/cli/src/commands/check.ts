import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { CheckOptions } from '../receipt/check.ts'
import { addTrustOptions } from '../trust/trust-options.ts'

/** Adds `audit check`. */
export function addCheck(program: Command, run: Run): void {
  const command = program
    .command('check')
    .helpGroup(GROUPS.trust)
    .summary('check a receipt, without the log')
    .description(
      'Says whether an entry is one that the owner of the key has signed. ' +
        'Ends with 0: GOOD; 1: BAD, something was changed or forged; 2: it cannot be told.',
    )
  addExamples(command, [
    ['audit check receipt.json --key audit.pub', 'Is this receipt right?'],
    ['audit check receipt.json --policy witnesses.txt --json', 'And have the witnesses seen it?'],
  ])
  addTrustOptions(command.argument('<receipt>', 'the receipt, as audit prove writes it; - is standard input'))
    .option('--json', 'print one JSON object')
    .action(
      run(async (context, receipt: string, options: CheckOptions) => {
        const { check } = await import('../receipt/check.ts')
        return check(context, receipt, options)
      }),
    )
}
