import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { KeygenOptions } from '../trust/keygen.ts'

/** Adds `audit keygen`. */
export function addKeygen(program: Command, run: Run): void {
  const command = program
    .command('keygen')
    .helpGroup(GROUPS.trust)
    .summary('make a key to sign checkpoints with')
    .description(
      'Writes a new private key into a file that only its owner can read, and prints the public key, which is for auditors.',
    )
  addExamples(command, [
    [
      'audit keygen example.com/audit > audit.pub',
      'A key for the log of that name: audit.key is secret, audit.pub is not',
    ],
    ['audit keygen example.com/chat -o chat.key', 'Into another file'],
  ])
  command
    .argument('<name>', "the log's own name, such as example.com/audit; no other log may have it")
    .option('-o, --output <file>', 'the file of the private key; it must not exist', 'audit.key')
    .action(
      run(async (context, name: string, options: KeygenOptions) => {
        const { keygen } = await import('../trust/keygen.ts')
        return keygen(context, name, options)
      }),
    )
}
