import { AuditError, AuditLog } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import type { ExitCode } from '../exit-code.ts'
import { type FileLocation, type LogLocation, locateLog } from '../log/log-location.ts'
import { type LogLock, lockLog } from '../log/log-lock.ts'
import type { LogOptions } from '../log/log-options.ts'
import { backendAt, kindOfNewFile, type OpenLog, openLog } from '../log/open-log.ts'
import { assertNoStream, openAt, optionsFor, unlessFull } from '../log/writable-log.ts'
import { note } from '../output/note.ts'
import { counted } from '../output/numbers.ts'
import { plainMessage } from '../output/plain-message.ts'
import { Progress } from '../output/progress.ts'
import { safeJson, safeText } from '../output/safe-text.ts'
import { findingsIn, nameSourceFindings } from '../verify/source-findings.ts'
import { type Copied, copyEntries } from './copy-entries.ts'
import { Draft } from './draft.ts'

/** What `audit convert` takes besides the logs. */
export interface ConvertOptions extends LogOptions {
  readonly to?: 'sqlite' | 'jsonl'
  readonly toLog?: string
  readonly json?: boolean
}

/** `audit convert`: copies a log into another backend, and shows that both are the same. */
export async function convert(
  context: Context,
  log: string,
  log2: string,
  options: ConvertOptions,
): Promise<ExitCode> {
  const { connection, log: name, toLog } = options
  assertNoStream(log2)
  const target = await locateLog(context, log2, optionsFor(log2, toLog, connection))
  try {
    const openOptions = { ...optionsFor(log, name, connection), onDamage: () => {} } // the findings have it
    await using source = await openLog(context, log, openOptions)
    // Foreign entries are in the copy too, and `audit verify` names them there.
    const findings = (await findingsIn(context, source)).filter(({ kind }) => kind !== 'foreign-entry')
    const copied = await copiedInto(context, source, target, options)
    await write(context, [source.name, target.name], copied, options)
    return await nameSourceFindings(context, [source.name, target.name], findings)
  } catch (error) {
    if (!(error instanceof AuditError) || error.code !== 'AUDIT_CORRUPT') throw error
    throw new AuditError(error.code, `nothing was converted: ${plainMessage(error.message)}`, {
      cause: error,
    })
  }
}

async function copiedInto(
  context: Context,
  source: OpenLog,
  target: LogLocation,
  options: ConvertOptions,
): Promise<Copied> {
  await using lock = await lockLog(target, context.signal)
  if (target.kind === 'file')
    return await intoFile(context, source, target, {
      kind: options.to ?? kindOfNewFile(target),
      lock,
    })
  try {
    return await copyAndCompare(context, source, target, { kind: 'postgres', lock })
  } catch (error) {
    if (context.signal.aborted) {
      await note(context, `${target.name} has a part of the log; run the same command again to go on`)
    }
    throw error
  }
}

async function intoFile(
  context: Context,
  source: OpenLog,
  target: FileLocation,
  copying: Copying,
): Promise<Copied> {
  const draft = await Draft.of(target)
  try {
    const copied = await unlessFull(target.name, 'run the same command again', () =>
      copyAndCompare(context, source, draft.location, copying),
    )
    await draft.finish()
    return copied
  } catch (error) {
    await draft.remove()
    throw error
  }
}

/** What is made, and what keeps others from making it too. */
interface Copying {
  readonly kind: OpenLog['kind']
  readonly lock: LogLock
}

async function copyAndCompare(
  context: Context,
  source: OpenLog,
  location: LogLocation,
  copying: Copying,
): Promise<Copied> {
  const copied = await copy(context, source, location, copying)
  const { size, root, findings } = await verifiedCopy(context, location, copying.kind)
  if (findings.length === 0 && size === copied.entries && Buffer.from(root).equals(copied.root)) return copied
  const reason = findings[0]?.message ?? `it has ${size} entries, and another root`
  throw new CommandError(`the copy is not the same as the log: ${reason}`)
}

async function copy(
  context: Context,
  source: OpenLog,
  location: LogLocation,
  { kind, lock }: Copying,
): Promise<Copied> {
  using progress = new Progress(context, { label: 'converting' })
  await using target = await openAt(location, kind)
  const onCopied = (copied: number, size: number) => progress.update(copied, size)
  return await copyEntries(source, target, { signal: context.signal, lock, onCopied })
}

/** Reads the copy back as anybody would. Entries that were foreign in the source are in the copy too. */
async function verifiedCopy(context: Context, location: LogLocation, kind: OpenLog['kind']) {
  using progress = new Progress(context, { label: 'verifying the copy' })
  await using log = new AuditLog({ backend: await backendAt(location, kind, { readOnly: true }) })
  const report = await log.verify({
    signal: context.signal,
    onProgress: ({ verified, size }) => progress.update(verified, size),
  })
  return { ...report, findings: report.findings.filter(({ kind: found }) => found !== 'foreign-entry') }
}

async function write(
  { stdout }: Context,
  [from, to]: readonly [string, string],
  { entries, root }: Copied,
  { json }: ConvertOptions,
): Promise<void> {
  const encoded = Buffer.from(root).toString('base64')
  if (json) return stdout.line(safeJson({ from, to, entries, root: encoded }))
  await stdout.line(
    safeText(`${to} has the ${counted(entries, 'entry', 'entries')} of ${from}, with the same leaf hashes`),
  )
  await stdout.line(`  root of both  ${encoded}`)
}
