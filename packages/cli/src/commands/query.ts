import type { AuditEntry } from '@audit/core'
import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { Context } from '../context.ts'
import { addFilterOptions, type FilterOptions } from '../filters/filter-options.ts'
import { filtersOf, matchingEntries } from '../filters/filters.ts'
import { addLogArgument, type LogOptions } from '../log/log-options.ts'
import { openLog } from '../log/open-log.ts'
import { safeJson } from '../output/safe-text.ts'

/** Adds `audit query`. */
export function addQuery(program: Command, run: Run): void {
  const command = program.command('query').helpGroup(GROUPS.look).summary('print the entries that match')
  addFilterOptions(addLogArgument(command))
  addExamples(command, [['audit query audit.db --user alice --since 2w', 'what alice asked in the last two weeks']])
  command.action(run(query))
}

async function query(context: Context, log: string, options: FilterOptions & LogOptions): Promise<void> {
  const filters = filtersOf(context, options)
  await using opened = await openLog(context, log, options)
  for await (const entry of matchingEntries(context, opened.log, filters, { order: 'desc', limit: 50 })) {
    await context.stdout.line(lineOf(entry))
  }
}

function lineOf(entry: AuditEntry): string {
  return safeJson(entry)
}
