import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { identityOf } from '../file-identity.ts'
import { locateLog } from '../log/log-location.ts'
import { lockLog } from '../log/log-lock.ts'
import type { LogOptions } from '../log/log-options.ts'
import { assertNoStream, isAddress, openLocation, optionsFor, unlessFull } from '../log/writable-log.ts'
import { note } from '../output/note.ts'
import { counted } from '../output/numbers.ts'
import { Progress } from '../output/progress.ts'
import { safeJson, safeText } from '../output/safe-text.ts'
import { nameSourceFindings } from '../verify/source-findings.ts'
import type { ImportReport } from './import-report.ts'
import { ImportedEntries } from './imported-entries.ts'
import { beginningOf, Importer, type ImportTarget } from './importer.ts'
import { openSource } from './open-source.ts'
import type { Source } from './source.ts'

/** What `audit import` takes besides the source and the log. */
export interface ImportOptions extends LogOptions {
  /** Which log of a PostgreSQL database to import. */
  readonly from?: string
  readonly json?: boolean
}

/** `audit import`: brings the entries of a source into a log, and says which were not taken. */
export async function importInto(
  context: Context,
  given: string,
  log: string,
  { log: name, from, connection, json }: ImportOptions,
): Promise<ExitCode> {
  assertOther(context, given, log)
  await using source = await openSource(context, given, optionsFor(given, from, connection))
  const report = await withTarget(context, log, optionsFor(log, name, connection), target =>
    unlessFull(log, 'run the same command again: it goes on', () => imported(context, source, target)),
  )
  await context.stdout.line(json ? safeJson({ log, ...report }) : safeText(sentence(log, report)))
  const exitCode = await nameSourceFindings(context, [source.name, log], source.findings)
  return report.omitted > 0 ? EXIT.finding : exitCode
}

/** A log that is its own source would grow for ever. A file may have several names. */
function assertOther({ cwd }: Context, given: string, log: string): void {
  if (isAddress(given) || isAddress(log)) return
  const [source, target] = [given, log].map(path => identityAt(resolve(cwd, path)))
  if (source === undefined || source !== target) return
  throw new CommandError(`${given} cannot be imported into itself; give another log`)
}

/** `undefined` for a file that does not exist yet; what else is wrong, opening it says. */
function identityAt(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
    return stats && identityOf(stats)
  } catch {
    return undefined
  }
}

async function withTarget<T>(
  context: Context,
  log: string,
  options: LogOptions,
  use: (target: ImportTarget) => Promise<T>,
): Promise<T> {
  assertNoStream(log)
  const location = await locateLog(context, log, options)
  await using lock = await lockLog(location, context.signal)
  await using opened = await openLocation(location)
  return await use({ log: opened.log, backend: opened.backend, name: opened.name, lock })
}

async function imported(context: Context, source: Source, target: ImportTarget): Promise<ImportReport> {
  using progress = new Progress(context, { label: 'importing', total: source.total, unit: 'lines' })
  const { signal, stderr } = context
  const importer = new Importer(source, target, {
    signal,
    onRead: read => progress.update(read),
    onOmitted: async (where, reason) => {
      progress.end()
      await stderr.line(safeText(`not taken: ${where}: ${reason}`))
    },
  })
  try {
    const start = await beginningOf(source, target.backend)
    if (start !== undefined) return await importer.keep(start)
    return await importer.renumber(await ImportedEntries.of(target.log, signal))
  } catch (error) {
    progress.end()
    if (signal.aborted)
      await note(context, 'what was imported so far is kept; run the same command again to go on')
    throw error
  }
}

function sentence(log: string, { mode, entries, added, lostNumbers, omitted }: ImportReport): string {
  const all = counted(entries, 'entry', 'entries')
  const done = {
    kept: `${all} imported into ${log}, with their own ids and times`,
    renumbered: `${counted(added, 'entry', 'entries')} recorded into ${log} with new ids and times; metadata["audit.imported"] has the original ones`,
    complete: `nothing to do: all ${all} are in ${log}`,
  }[mode]
  const lost =
    lostNumbers === 0
      ? ''
      : `; ${counted(lostNumbers, 'entry has', 'entries have')} null for a number that was NaN or infinite`
  return `${done}${lost}; ${omitted === 0 ? 'every line was taken' : `${counted(omitted, 'line was', 'lines were')} not taken`}`
}
