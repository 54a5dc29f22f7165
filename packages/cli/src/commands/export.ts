import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { AuditEntry, AuditLog } from '@audit/core'
import { type Command, Option } from 'commander'
import { CommandError } from '../command-error.ts'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { Context } from '../context.ts'
import type { ExportFormat } from '../export/export-format.ts'
import type { ExportedEntries } from '../export/exported-entries.ts'
import { addFilterOptions, type FilterOptions } from '../filters/filter-options.ts'
import { filtersOf } from '../filters/filters.ts'
import { sessionAsStored } from '../filters/session-spelling.ts'
import { addLogArgument, type LogOptions } from '../log/log-options.ts'
import { type OpenLog, openLog } from '../log/open-log.ts'
import { note } from '../output/note.ts'
import { counted, formatCount } from '../output/numbers.ts'
import { Progress } from '../output/progress.ts'
import { safeLines } from '../output/safe-text.ts'
import { openTarget } from '../output/written-file.ts'

/** The names of the formats, so that help and completion need not load what writes them. */
const FORMATS = ['jsonl', 'csv', 'ocsf', 'parquet', 'promptfoo']

interface ExportOptions extends FilterOptions, LogOptions {
  readonly format: string
  readonly output?: string
  readonly force?: boolean
  readonly bom?: boolean
}

/** Adds `audit export`. */
export function addExport(program: Command, run: Run): void {
  const command = program
    .command('export')
    .helpGroup(GROUPS.move)
    .summary('write entries in another format')
    .description(DESCRIPTION)
  addLogArgument(command)
    .addOption(
      new Option('-f, --format <format>', 'how entries are written').choices(FORMATS).default('jsonl'),
    )
    .option(
      '-o, --output <file>',
      'a file, which appears whole or not at all; - is standard output, the default',
    )
    .option('--force', 'replace the file if it exists')
    .option('--bom', 'begin CSV with a byte-order mark, without which Excel takes UTF-8 for another encoding')
  addFilterOptions(command)
  addExamples(command, [
    [
      'audit export audit.db --format csv --bom --since 2026-11 -o november.csv',
      'everything since November, for Excel',
    ],
    ['audit export audit.db --format parquet -o audit.parquet', 'the whole log, for DuckDB, Spark or pandas'],
    [
      'audit export audit.db --format ocsf --since yesterday | vector …',
      'the events of yesterday, for a SIEM',
    ],
    ['audit export audit.db --user alice > alice.jsonl', 'what alice asked, as the log keeps it'],
  ])
  command.action(run(exportLog))
}

const DESCRIPTION = `Writes the entries that match, and says at which checkpoint of the log. Without a filter, all match.

Formats:
  jsonl      the canonical lines, byte for byte: a log again, and what the hashes are over
  csv        for spreadsheets: the same columns always, formulas escaped, metadata as JSON
  ocsf       for a SIEM: API Activity (6003) of OCSF 1.8.0, an event a line
  parquet    for DuckDB, Spark and pandas: typed columns, compressed
  promptfoo  for evaluations: a test case of promptfoo a line`

/** What people asked is for whoever exports it alone, as the log is. */
const PRIVATE = 0o600

async function exportLog(context: Context, name: string, options: ExportOptions): Promise<void> {
  const { EXPORT_FORMATS, exportedEntries } = await import('../export/index.ts')
  const format = EXPORT_FORMATS.find(({ name }) => name === options.format)
  if (!format) throw new CommandError(`--format takes one of ${FORMATS.join(', ')}`) // commander has checked it
  assertShowable(context, format, options)
  if (options.bom && format.name !== 'csv') throw new CommandError('--bom is for --format csv; leave it out')
  const given = filtersOf(context, options)
  const { createSigner, generateKey } = await import('@audit/core')
  // A key that is thrown away: only the size and the root of the checkpoint are used.
  const signer = createSigner(generateKey('export').privateKey)
  await using opened = await openLog(context, name, { ...options, signer })
  await assertNotTheLog(context, opened, options)
  const head = await headOf(opened.log)
  const filters = await sessionAsStored(context, opened.log, given, options)
  const counts = { written: 0 }
  const replace = options.force === true
  await using target = await openTarget(context, options.output, {
    replace,
    alternative: 'add --force',
    mode: PRIVATE,
  })
  const entries = countedEntries(context, exportedEntries(context, opened.log, filters, head.size), counts)
  if (options.bom) await target.write('\uFEFF')
  const shown = isForPeople(context, options) ? safePiece : (piece: Uint8Array) => piece
  for await (const piece of format.write(entries)) await target.write(shown(piece))
  await target.commit()
  await report(context, options, counts.written, head)
}

function isForPeople({ stdout }: Context, { output = '-' }: ExportOptions): boolean {
  return output === '-' && stdout.isTerminal
}

/** A terminal must not obey what a model wrote. A piece ends with a line, thus with a whole character. */
function safePiece(piece: Uint8Array): string {
  return safeLines(new TextDecoder().decode(piece))
}

function assertShowable(context: Context, { name, isBinary }: ExportFormat, options: ExportOptions): void {
  if (!isBinary || !isForPeople(context, options)) return
  throw new CommandError(
    `${name} is no text, and a terminal cannot show it; name a file with -o, or pipe it on`,
  )
}

/** With `--force`, a name typed twice would replace the log by its export. */
async function assertNotTheLog(
  { cwd }: Context,
  { location }: OpenLog,
  { output = '-' }: ExportOptions,
): Promise<void> {
  if (output === '-' || location.kind !== 'file') return
  const target = await stat(resolve(cwd, output)).catch(() => undefined) // what is not there is not the log
  const log = await stat(location.path)
  if (target?.ino === log.ino && target.dev === log.dev) {
    throw new CommandError(`${output} is the log itself, which is never replaced; give another name`)
  }
}

/** The tree that an export is taken at. */
interface Head {
  readonly size: number
  /** Base64. */
  readonly root: string
}

async function headOf(log: AuditLog): Promise<Head> {
  const [, size = '', root = ''] = (await log.checkpoint()).split('\n') // its lines are specified
  return { size: Number(size), root }
}

async function* countedEntries(
  context: Context,
  { entries, total }: ExportedEntries,
  counts: { written: number },
): AsyncGenerator<AuditEntry, void, undefined> {
  using progress = new Progress(context, { label: 'exporting', total })
  for await (const entry of entries) {
    progress.update(++counts.written)
    yield entry
  }
}

async function report(
  context: Context,
  { format, output = '-' }: ExportOptions,
  written: number,
  head: Head,
): Promise<void> {
  const target = output === '-' ? '' : ` to ${output}`
  await note(
    context,
    `exported ${formatCount(written)} of ${counted(head.size, 'entry', 'entries')} as ${format}${target}`,
  )
  await note(
    context,
    `checkpoint: size ${head.size}, root ${head.root}; not verified: audit verify says whether the log is whole`,
  )
}
