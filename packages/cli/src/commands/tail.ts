import type { AuditEntry, AuditLog } from '@audit/core'
import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { Context } from '../context.ts'
import { addEntryFormatOptions, type EntryFormatOptions, entryWriter } from '../entries/entry-writer.ts'
import { entryMatcher } from '../filters/entry-matcher.ts'
import { addFilterOptions, type FilterOptions } from '../filters/filter-options.ts'
import { type Filters, filtersOf, matchingEntries } from '../filters/filters.ts'
import { sessionAsStored, sessionSpellings } from '../filters/session-spelling.ts'
import { addLogArgument, type LogOptions } from '../log/log-options.ts'
import { lostLog } from '../log/lost-log.ts'
import { openLog } from '../log/open-log.ts'
import { untilAborted } from '../until-aborted.ts'
import { wholeNumber } from '../whole-number.ts'

interface TailOptions extends FilterOptions, LogOptions, EntryFormatOptions {
  readonly follow?: boolean
  readonly limit?: number
}

/** Without `--since`, so many of the newest entries are printed first. */
const DEFAULT_LIMIT = 10
/** So many entries are read at once where more than the last must be looked at. */
const LOT = 1000

/** Adds `audit tail`. */
export function addTail(program: Command, run: Run): void {
  const command = program
    .command('tail')
    .helpGroup(GROUPS.look)
    .summary('print the newest entries, and follow')
    .description(
      'Prints the newest entries by their index, and with -f those that come, from any process, until Ctrl-C or until the file is moved or replaced. None is missed, and none comes twice.',
    )
  addLogArgument(command)
    .option('-f, --follow', 'go on with the entries that come')
    .option(
      '-n, --limit <n>',
      'how many to begin with; 0 for none (default: 10; with --since, all)',
      wholeNumber,
    )
  addEntryFormatOptions(command)
  addFilterOptions(command)
  addExamples(command, [
    ['audit tail -f audit.db', 'what is being asked now'],
    [
      'audit tail -f audit.db --status error --since 1h',
      'what has failed in the last hour, and what fails now',
    ],
    ['audit tail -f audit.db -n 0 --json | ./alert', 'each new entry as a line of JSON'],
  ])
  command.action(run(tail))
}

async function tail(context: Context, log: string, options: TailOptions): Promise<void> {
  const { follow = false, until } = options
  if (follow && until !== undefined) {
    throw new CommandError('-f follows without an end, and --until is one; leave one of them out')
  }
  const given = filtersOf(context, options)
  const writer = await entryWriter(context, options)
  await using opened = await openLog(context, log, options)
  using lost = lostLog(opened)
  const size = await untilAborted(opened.log.count(), context.signal)
  const filters = await sessionAsStored(context, opened.log, given, options)
  const limit = options.limit ?? (options.since === undefined ? DEFAULT_LIMIT : undefined)
  for await (const entry of newest(context, opened.log, filters, { size, limit })) await writer.write(entry)
  await writer.settle()
  if (!follow) return

  const matchers = await Promise.all(sessionSpellings(given, options).map(entryMatcher))
  const signal = AbortSignal.any([context.signal, lost.signal])
  for await (const entry of opened.log.entries({ start: size, follow: true, signal })) {
    if (matchers.some(matches => matches(entry))) await writer.write(entry)
  }
}

interface Newest {
  /** The log as it was with so many entries: those that come later are followed. */
  readonly size: number
  /** Default: all that match. */
  readonly limit: number | undefined
}

/** The newest entries that match: by index, or in the order of time where there is no limit to hold them all. */
async function* newest(
  context: Context,
  log: AuditLog,
  filters: Filters,
  { size, limit }: Newest,
): AsyncGenerator<AuditEntry, void, undefined> {
  const snapshot = { ...filters, filter: { ...filters.filter, size } }
  if (limit === undefined) return yield* matchingEntries(context, log, snapshot)
  yield* await newestByIndex(context, log, filters, { size, limit })
}

/** Goes back from the end in lots: an entry that was imported may be older than what was recorded before it. */
async function newestByIndex(
  { signal }: Context,
  log: AuditLog,
  filters: Filters,
  { size, limit }: Newest & { readonly limit: number },
): Promise<readonly AuditEntry[]> {
  const matches = await entryMatcher(filters)
  let found: readonly AuditEntry[] = []
  let end = size
  while (end > 0 && found.length < limit) {
    const start = Math.max(0, end - (end === size ? Math.min(limit, LOT) : LOT))
    const lot: AuditEntry[] = []
    for await (const entry of log.entries({ start, end, signal })) if (matches(entry)) lot.push(entry)
    found = [...lot.slice(found.length - limit), ...found]
    end = start
  }
  return found
}
