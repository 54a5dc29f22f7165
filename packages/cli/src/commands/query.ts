import type { AuditLog } from '@audit/core'
import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { Context } from '../context.ts'
import { addEntryFormatOptions, type EntryFormatOptions, entryWriter } from '../entries/entry-writer.ts'
import { addFilterOptions, type FilterOptions } from '../filters/filter-options.ts'
import { type Filters, filtersOf, matchingEntries } from '../filters/filters.ts'
import { sessionAsStored } from '../filters/session-spelling.ts'
import { addLogArgument, type LogOptions } from '../log/log-options.ts'
import { EMPTY_WITHOUT_WAL, mayLackWal } from '../log/may-lack-wal.ts'
import { openLog } from '../log/open-log.ts'
import { note } from '../output/note.ts'
import { counted, formatCount } from '../output/numbers.ts'
import { Progress } from '../output/progress.ts'
import { waitingFor } from '../output/waiting.ts'
import { untilAborted } from '../until-aborted.ts'
import { wholeNumber } from '../whole-number.ts'

interface QueryOptions extends FilterOptions, LogOptions, EntryFormatOptions {
  readonly limit: number
  readonly oldest?: boolean
}

/** Adds `audit query`. */
export function addQuery(program: Command, run: Run): void {
  const command = program
    .command('query')
    .helpGroup(GROUPS.look)
    .summary('print the entries that match')
    .description('Prints the entries that match all filters, the newest first.')
  addLogArgument(command)
    .option('-n, --limit <n>', 'print at most so many; 0 for all', wholeNumber, 50)
    .option('--oldest', 'the oldest first')
  addEntryFormatOptions(command)
  addFilterOptions(command)
  addExamples(command, [
    ['audit query audit.db --user alice --since yesterday', 'what alice has asked since yesterday'],
    ['audit query audit.db --session s-4 --oldest --limit 0', 'one conversation, from its beginning'],
    ['audit query audit.db --status error --columns time,model,error.type', 'which calls failed, and how'],
    ['audit query audit.db --grep liability --json | jq .outputText', 'what models said about liability'],
  ])
  command.action(run(query))
}

async function query(context: Context, log: string, options: QueryOptions): Promise<void> {
  const given = filtersOf(context, options)
  const writer = await entryWriter(context, options)
  await using opened = await openLog(context, log, options)
  const size = await untilAborted(opened.log.count(), context.signal)
  const filters = await sessionAsStored(context, opened.log, given, options)
  const snapshot = { ...filters, filter: { ...filters.filter, size } }
  const limit = options.limit === 0 ? Number.POSITIVE_INFINITY : options.limit

  using progress = new Progress(context, { label: 'read', total: size })
  const found = matchingEntries(context, opened.log, snapshot, {
    order: options.oldest ? 'asc' : 'desc',
    limit: options.limit === 0 ? undefined : limit + 1, // one more tells whether there are more
    onRead: read => progress.update(read),
  })
  let shown = 0
  for await (const entry of found) {
    if (++shown > limit) break
    progress.end()
    await writer.write(entry)
  }
  progress.end()
  await writer.settle()
  if (size === 0 && mayLackWal(opened)) return note(context, EMPTY_WITHOUT_WAL)
  await sayHowMany(context, { log: opened.log, filters: snapshot, shown, limit })
}

interface Shown {
  readonly log: AuditLog
  readonly filters: Filters
  /** How many were found, one beyond the limit included. */
  readonly shown: number
  readonly limit: number
}

/** Says what was left out, and to people how many there were. */
async function sayHowMany(context: Context, { log, filters, shown, limit }: Shown): Promise<void> {
  if (shown <= limit) {
    if (context.stdout.isTerminal)
      await note(context, shown === 0 ? 'no entry matches' : counted(shown, 'entry', 'entries'))
    return
  }
  // Counting would read all entries where each has to be looked into.
  const counting = () => untilAborted(log.count(filters.filter), context.signal)
  const all = filters.matches ? undefined : await waitingFor(context, 'counting', counting())
  const of = all === undefined ? '; there are more' : ` of ${formatCount(all)}`
  await note(context, `showing ${formatCount(limit)}${of}; --limit 0 for all`)
}
