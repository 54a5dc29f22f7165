import { AuditError } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import type { ExitCode } from '../exit-code.ts'
import type { LogOptions } from '../log/log-options.ts'
import { mayLackWal } from '../log/may-lack-wal.ts'
import { type OpenLog, openLog } from '../log/open-log.ts'
import { Progress } from '../output/progress.ts'
import { type Anchors, anchorsFrom, comparisonWith } from '../trust/anchor.ts'
import { nameOf } from '../trust/small-file.ts'
import { type Trust, trustFrom } from '../trust/trust.ts'
import type { TrustOptions } from '../trust/trust-options.ts'
import { writeVerdict, writeVerdictJson } from './show-verdict.ts'
import { exitCodeOf, unreadable, type Verdict, verdictOf } from './verdict.ts'

/** What `audit verify` takes besides the log. */
export interface VerifyOptions extends LogOptions, TrustOptions {
  readonly checkpoint?: readonly string[]
  readonly json?: boolean
}

/** `audit verify`: writes what is to be said about a log. */
export async function verify(context: Context, log: string, options: VerifyOptions): Promise<ExitCode> {
  if (log === '-' && options.checkpoint?.includes('-')) {
    throw new CommandError('standard input holds the log or a checkpoint; give the other one as a file')
  }
  const trust = await trustFrom(context, options)
  const anchors = await anchorsFrom(context, options.checkpoint, trust)
  const verdict = await judged(context, log, options, { trust, anchors })
  await (options.json ? writeVerdictJson : writeVerdict)(context, nameOf(log), verdict)
  return exitCodeOf(verdict)
}

interface Given {
  readonly trust: Trust | undefined
  readonly anchors: Anchors
}

/** A log that is too damaged to be opened, or to be read to its end, is a finding and no failure. */
async function judged(context: Context, log: string, options: VerifyOptions, given: Given): Promise<Verdict> {
  try {
    await using opened = await openLog(context, log, { ...options, onDamage: () => {} }) // the report has it
    return await verified(context, opened, given)
  } catch (error) {
    if (!(error instanceof AuditError) || error.code !== 'AUDIT_CORRUPT') throw error
    return unreadable(error.message, given.anchors)
  }
}

async function verified(context: Context, opened: OpenLog, { trust, anchors }: Given): Promise<Verdict> {
  const { log, backend } = opened
  using progress = new Progress(context, { label: 'verifying' })
  const report = await log.verify({
    ...comparisonWith(anchors),
    signal: context.signal,
    onProgress: ({ verified, size }) => progress.update(verified, size),
  })
  const recordedSince = Math.max((await backend.size()) - report.size, 0)
  return verdictOf(report, { anchors, trust, recordedSince, mayLackWal: mayLackWal(opened) })
}
