import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { AuditError, createVerifier, type Finding } from '@audit/core'
import type { Context } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { LogOptions } from '../log/log-options.ts'
import { type OpenLog, openLog } from '../log/open-log.ts'
import { note } from '../output/note.ts'
import { counted } from '../output/numbers.ts'
import { plainMessage } from '../output/plain-message.ts'
import { Progress } from '../output/progress.ts'
import { safeText } from '../output/safe-text.ts'
import { openTarget } from '../output/written-file.ts'
import { type Anchors, readAnchors } from '../trust/anchor.ts'
import { signerFrom } from '../trust/key-files.ts'

/** What `audit checkpoint` takes besides the log. */
export interface CheckpointOptions extends LogOptions {
  readonly key: string
  readonly checkpoint?: readonly string[]
  readonly output?: string
}

/** `audit checkpoint`: signs what the log is now, if it is whole and continues what was signed before. */
export async function checkpoint(
  context: Context,
  log: string,
  options: CheckpointOptions,
): Promise<ExitCode> {
  const signer = await signerFrom(context, options.key)
  const anchors = await readAnchors(context, earlierOf(context, options), {
    logs: [createVerifier(signer.publicKey)],
    policy: undefined,
  })
  if (anchors.findings.length > 0) return refused(context, anchors.findings)
  try {
    await using opened = await openLog(context, log, { ...options, signer, onDamage: () => {} })
    return await signed(context, opened, anchors, options)
  } catch (error) {
    if (!(error instanceof AuditError) || error.code !== 'AUDIT_CORRUPT') throw error
    return refused(context, [{ kind: 'damaged', message: error.message }])
  }
}

/** A checkpoint that is replaced was an earlier one too: so nobody replaces it by one of a log that was cut or changed. */
function earlierOf({ cwd }: Context, { checkpoint = [], output }: CheckpointOptions): readonly string[] {
  if (output === undefined || output === '-' || !existsSync(resolve(cwd, output))) return checkpoint
  return [...checkpoint, output]
}

async function signed(
  context: Context,
  { log }: OpenLog,
  anchors: Anchors,
  { output }: CheckpointOptions,
): Promise<ExitCode> {
  const checkpoints = anchors.trusted.map(({ text }) => text)
  using progress = new Progress(context, { label: 'verifying' })
  const report = await log.verify({
    ...(checkpoints.length > 0 && { checkpoints }),
    signal: context.signal,
    onProgress: ({ verified, size }) => progress.update(verified, size),
  })
  progress.end()
  if (!report.ok) return refused(context, report.findings)
  const text = await log.checkpoint() // it provably continues what was verified
  await using target = await openTarget(context, output)
  await target.write(text)
  await target.commit()
  const size = Number(text.split('\n')[1])
  await note(
    context,
    `signed: ${counted(size, 'entry', 'entries')}; keep it where nobody who can write to the log can change it`,
  )
  return EXIT.ok
}

async function refused(context: Context, findings: readonly Finding[]): Promise<ExitCode> {
  const { stderr } = context
  await stderr.line(stderr.style('red', `nothing was signed: ${counted(findings.length, 'finding')}`))
  for (const { kind, message } of findings) await stderr.line(safeText(`  ${kind}: ${plainMessage(message)}`))
  return EXIT.finding
}
