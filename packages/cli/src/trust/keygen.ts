import { generateKey } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { note } from '../output/note.ts'
import { openTarget } from '../output/written-file.ts'

/** What `audit keygen` takes besides the name. */
export interface KeygenOptions {
  readonly output: string
}

/** `audit keygen`: writes a private key, and prints its public key. */
export async function keygen(context: Context, name: string, { output }: KeygenOptions): Promise<void> {
  if (output === '-') throw new CommandError('a private key is not printed; give a file with -o')
  const { privateKey, publicKey } = generateKey(name)
  await using target = await openTarget(context, output, { mode: 0o600, replace: false })
  await target.write(`${privateKey}\n`)
  await target.commit()
  await context.stdout.line(publicKey)
  await note(
    context,
    `${output} holds the private key: keep it secret and back it up; give the public key to auditors`,
  )
}
