import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import { addLogArgument } from '../log/log-options.ts'
import type { ProveOptions } from '../receipt/prove.ts'

/** Adds `audit prove`. */
export function addProve(program: Command, run: Run): void {
  const command = program
    .command('prove')
    .helpGroup(GROUPS.trust)
    .summary('write the receipt of an entry')
    .description(
      'Writes an entry with the proof that it is in the log. Anybody can check it with audit check and the public key, ' +
        'without the log. The proof leads to a checkpoint that was signed already, or to a new one.',
    )
  addExamples(command, [
    [
      'audit prove audit.db 17 --checkpoint checkpoint.txt -o receipt.json',
      'Without a private key, from a checkpoint that covers it',
    ],
    [
      'audit prove audit.db 17 --key audit.key -o receipt.json',
      'With a new checkpoint, which is signed with the key',
    ],
  ])
  addLogArgument(command)
    .argument('<id>', "the entry's id, its unique beginning, or its index")
    .option('--checkpoint <file>', 'a signed checkpoint of the log; - is standard input')
    .option('--key <file>', 'the file of the private key, as audit keygen makes it')
    .option(
      '-o, --output <file>',
      'where to write the receipt; no file is replaced. Default: standard output',
    )
    .action(
      run(async (context, log: string, id: string, options: ProveOptions) => {
        const { prove } = await import('../receipt/prove.ts')
        return prove(context, log, id, options)
      }),
    )
}
