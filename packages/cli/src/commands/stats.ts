import type { AuditLog, SummaryFigures } from '@audit/core'
import { type Command, Option } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { Context } from '../context.ts'
import { addFilterOptions, type FilterOptions } from '../filters/filter-options.ts'
import { type Filters, filtersOf } from '../filters/filters.ts'
import { sessionAsStored } from '../filters/session-spelling.ts'
import { addLogArgument, type LogOptions } from '../log/log-options.ts'
import { EMPTY_WITHOUT_WAL, mayLackWal } from '../log/may-lack-wal.ts'
import { openLog } from '../log/open-log.ts'
import { note } from '../output/note.ts'
import { counted, formatCount } from '../output/numbers.ts'
import { safeJson } from '../output/safe-text.ts'
import { waitingFor } from '../output/waiting.ts'
import { countsCallsAlone, INTENT_KEY, withoutIntents } from '../stats/calls.ts'
import { GROUPING_NAMES, type Grouping, groupingsOf, isByTime, unknownGroupings } from '../stats/grouping.ts'
import type { StatsGroup } from '../stats/stats-table.ts'
import { untilAborted } from '../until-aborted.ts'
import { wholeNumber } from '../whole-number.ts'

/** By what groups are sorted: the largest first, or by the values of the group. */
type Sort = (typeof SORTS)[number]
const SORTS = ['calls', 'cost', 'group'] as const

interface StatsOptions extends FilterOptions, LogOptions {
  readonly by: string
  readonly sort?: Sort
  readonly limit: number
  readonly json?: boolean
}

/** Adds `audit stats`. */
export function addStats(program: Command, run: Run): void {
  const command = program
    .command('stats')
    .helpGroup(GROUPS.look)
    .summary('print calls, cost, tokens and latency')
    .description(
      'Prints how many calls there were, what they cost, their tokens, and how long they took, by group. ' +
        `Intents, recorded before their calls, are not counted, and it says how many there were; --by ${INTENT_KEY} shows them.`,
    )
  addLogArgument(command)
    .option('--by <names>', `${GROUPING_NAMES.join(', ')}, or keys of the metadata`, 'model')
    .addOption(
      new Option(
        '--sort <order>',
        'the order of the groups (default: group where a time is one, otherwise calls)',
      ).choices(SORTS),
    )
    .option('-n, --limit <n>', 'print at most so many groups; 0 for all', wholeNumber, 50)
    .option('--json', 'write JSON Lines, as a pipe gets them')
  addFilterOptions(command, { grep: false })
  addExamples(command, [
    ['audit stats audit.db --since 2026-11', 'what each model has cost since November'],
    ['audit stats audit.db --by user,month', 'who has spent what, month by month'],
    ['audit stats audit.db --by day --since 2w --json | jq .costUsd', 'the cost of each day'],
  ])
  command.action(run(stats))
}

async function stats(context: Context, log: string, options: StatsOptions): Promise<void> {
  const { stdout } = context
  const given = filtersOf(context, options)
  const groupings = groupingsOf(options.by, options.sessionKey)
  await using opened = await openLog(context, log, options)
  const size = await untilAborted(opened.log.count(), context.signal)
  const filters = await sessionAsStored(context, opened.log, given, options)
  const snapshot = { ...filters, filter: { ...filters.filter, size } }
  const { groups: found, intents } = await groupsOf(context, opened.log, snapshot, groupings)
  const all = sorted(found, options.sort ?? (isByTime(groupings) ? 'group' : 'calls'))
  const groups = options.limit === 0 ? all : all.slice(0, options.limit)
  if (options.json || !stdout.isTerminal) {
    for (const group of groups) await stdout.line(safeJson(jsonOf(group, groupings)))
  } else if (groups.length > 0) {
    const { writeStats } = await import('../stats/stats-table.ts')
    const total = all.length > 1 ? (await groupsOf(context, opened.log, snapshot, [])).groups[0] : undefined
    await writeStats(
      context,
      groupings,
      groups,
      total && { ...total, values: groupings.map((_, i) => (i === 0 ? 'all' : '')) },
    )
  }
  await noteUnknown(context, groupings, all)
  await noteIntents(context, intents)
  if (groups.length < all.length) {
    await note(
      context,
      `showing ${formatCount(groups.length)} of ${counted(all.length, 'group')}; --limit 0 for all`,
    )
  } else if (size === 0 && mayLackWal(opened)) await note(context, EMPTY_WITHOUT_WAL)
  else if (all.length === 0 && stdout.isTerminal) {
    await note(context, intents === 0 ? 'no entry matches' : 'no call matches')
  }
}

async function noteUnknown(
  context: Context,
  groupings: readonly Grouping[],
  groups: readonly StatsGroup[],
): Promise<void> {
  const unknown = unknownGroupings(groupings, groups)
  if (unknown.length === 0) return
  const names = unknown.map(({ name }) => name).join(', ')
  await note(
    context,
    `no entry has ${names} in its metadata; --by takes ${GROUPING_NAMES.join(', ')}, or a key of the metadata`,
  )
}

async function noteIntents(context: Context, intents: number): Promise<void> {
  if (intents === 0) return
  await note(
    context,
    `not counted: ${counted(intents, 'entry', 'entries')} of intents; --by ${INTENT_KEY} shows them`,
  )
}

interface FoundGroups {
  /** In the order of their values. */
  readonly groups: readonly StatsGroup[]
  /** How many entries of intents were left out. */
  readonly intents: number
}

async function groupsOf(
  context: Context,
  log: AuditLog,
  { filter }: Filters,
  groupings: readonly Grouping[],
): Promise<FoundGroups> {
  const keys = groupings.map(({ key }) => key)
  const isOfCalls = countsCallsAlone(keys, filter)
  const by = isOfCalls ? [INTENT_KEY, ...keys] : keys
  const summary: readonly (SummaryFigures & Readonly<Record<string, unknown>>)[] = await waitingFor(
    context,
    'adding up',
    log.summarize({ ...filter, by, signal: context.signal }),
  )
  const all = { calls: summary, intents: 0 }
  const { calls, intents } = isOfCalls ? withoutIntents(summary, group => group[INTENT_KEY]) : all
  return {
    groups: calls.map(group => ({ values: keys.map(key => group[key]), figures: figuresOf(group) })),
    intents,
  }
}

function sorted(groups: readonly StatsGroup[], sort: Sort): readonly StatsGroup[] {
  if (sort === 'group') return groups
  return groups.toSorted(({ figures: a }, { figures: b }) =>
    sort === 'cost' ? b.costUsd - a.costUsd : b.count - a.count,
  )
}

function figuresOf(group: SummaryFigures): SummaryFigures {
  const { count, costUsd, costUnknown, tokens, latencyMs, status, first, last } = group
  return { count, costUsd: withoutNoise(costUsd), costUnknown, tokens, latencyMs, status, first, last }
}

/** 0.1 + 0.2 is 0.30000000000000004: a double holds 15 decimal digits of an amount, and what is behind them is noise. */
function withoutNoise(amount: number): number {
  const rounded = Number(amount.toPrecision(15))
  return Number.isFinite(rounded) ? rounded : amount // the largest double rounds up to infinity
}

/** As the log has it, with `null` where entries have no such key. */
function jsonOf({ values, figures }: StatsGroup, groupings: readonly Grouping[]) {
  const named = groupings.map(({ key }, i): [string, unknown] => [key, values[i] ?? null])
  return { ...Object.fromEntries(named), ...figures }
}
