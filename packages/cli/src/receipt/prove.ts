import { AuditError, type Signer } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { findEntry } from '../entries/find-entry.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { LogOptions } from '../log/log-options.ts'
import { type OpenLog, openLog } from '../log/open-log.ts'
import { note } from '../output/note.ts'
import { plainMessage } from '../output/plain-message.ts'
import { safeJsonText, safeText } from '../output/safe-text.ts'
import { openTarget } from '../output/written-file.ts'
import { signerFrom } from '../trust/key-files.ts'
import { readSmallFile } from '../trust/small-file.ts'
import { receiptOf } from './make-receipt.ts'

/** What `audit prove` takes besides the log and the entry. */
export interface ProveOptions extends LogOptions {
  readonly checkpoint?: string
  readonly key?: string
  readonly output?: string
}

/** `audit prove`: writes an entry with the proof that it is in the log. */
export async function prove(
  context: Context,
  log: string,
  id: string,
  options: ProveOptions,
): Promise<ExitCode> {
  const towards = await towardsFrom(context, options)
  const receipt = await provedIn(context, log, id, options, towards).catch(unlessFinding)
  if (receipt instanceof AuditError) {
    const { stderr } = context
    await stderr.line(
      `${stderr.style('red', 'no receipt was written:')} ${safeText(plainMessage(receipt.message))}`,
    )
    return EXIT.finding
  }
  await using target = await openTarget(context, options.output, { replace: false, mode: 0o600 })
  await target.write(`${safeJsonText(receipt)}\n`) // the same JSON, which no terminal obeys
  await target.commit()
  await note(context, 'anybody can check it with the public key: audit check <receipt> --key <key>')
  return EXIT.ok
}

/** What a proof leads to: a checkpoint that was signed before, or one that the signer signs. */
type Towards =
  | { readonly signer: Signer; readonly checkpoint?: never }
  | { readonly signer?: never; readonly checkpoint: string }

async function towardsFrom(context: Context, { key, checkpoint }: ProveOptions): Promise<Towards> {
  if (key !== undefined && checkpoint === undefined) return { signer: await signerFrom(context, key) }
  if (key === undefined && checkpoint !== undefined) {
    return { checkpoint: await readSmallFile(context, checkpoint, 'a checkpoint') }
  }
  throw new CommandError(
    'a receipt leads to one signed checkpoint; give either --checkpoint <file>, or --key <file> to sign a new one',
  )
}

async function provedIn(
  context: Context,
  log: string,
  id: string,
  options: ProveOptions,
  { signer, checkpoint }: Towards,
): Promise<string> {
  await using opened: OpenLog = await openLog(context, log, { ...options, signer })
  return await receiptOf(opened, await findEntry(context, opened.log, id), checkpoint)
}

/** Passes on what was found out about the log, and throws everything else. */
function unlessFinding(error: unknown): AuditError {
  const isFinding =
    error instanceof AuditError && ['AUDIT_CORRUPT', 'AUDIT_NOT_CONSISTENT'].includes(error.code)
  if (isFinding) return error
  throw error
}
