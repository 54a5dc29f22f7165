import {
  type AuditEntry,
  canonicalJson,
  type EntryFields,
  type GroupValue,
  matches,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import type { ArrayBackend } from '../array-backend.ts'
import type { BrokenBackend } from './broken-backend.ts'

type Methods = BrokenBackend['methods']

/** Backends that sum up wrongly. */
export const summing: readonly BrokenBackend[] = [
  {
    fault: 'has no group without a key where no entry is',
    caughtBy: 'summarize.empty-log',
    methods: parts(all => all.filter(({ count }) => count > 0)),
  },
  {
    fault: 'has a group of nobody where no entry is',
    caughtBy: 'summarize.empty-log',
    methods: correct => ({
      summarize: async request => {
        const found = await correct.summarize(request)
        if (found.length > 0) return found
        return [{ ...emptyPart(correct), values: request.by.map(() => 'nobody') }]
      },
    }),
  },
  {
    fault: 'gives no group where a filter matches nothing',
    caughtBy: 'summarize.one-group',
    methods: correct => ({
      summarize: async request => {
        const found = await correct.summarize(request)
        return request.selection.user === undefined ? found : found.filter(({ count }) => count > 0)
      },
    }),
  },
  {
    fault: 'groups users by their first 100 characters',
    caughtBy: 'summarize.names',
    methods: entries(entry => ({ ...entry, user: entry.user.slice(0, 100) })),
  },
  {
    fault: 'groups models without case',
    caughtBy: 'summarize.combinations',
    methods: entries(entry => ({ ...entry, model: entry.model.toLowerCase() })),
  },
  {
    fault: 'groups by the keys in their alphabetical order',
    caughtBy: 'summarize.combinations',
    methods: correct => ({
      summarize: request => correct.summarize({ ...request, by: request.by.toSorted() }),
    }),
  },
  {
    fault: 'groups by the hours of another zone',
    caughtBy: 'summarize.times',
    methods: grouping(({ by }, values) =>
      values.map((value, i) => (by[i] === 'hour' && typeof value === 'string' ? hourLater(value) : value)),
    ),
  },
  {
    fault: 'groups by the month of any year',
    caughtBy: 'summarize.times',
    methods: grouping(({ by }, values) =>
      values.map((value, i) => (by[i] === 'month' && typeof value === 'string' ? value.slice(5) : value)),
    ),
  },
  {
    fault: 'takes the first and the last index for the oldest and the newest',
    caughtBy: 'summarize.span',
    methods: correct => ({
      summarize: async ({ selection, by }) => {
        const found = (await correct.select(selection, entry => matches(selection, entry))).sort(
          (a, b) => a.index - b.index,
        )
        const [first, last] = [found[0]?.timestamp ?? null, found.at(-1)?.timestamp ?? null]
        return correct.sum(by, found).map(part => (by.length === 0 ? { ...part, first, last } : part))
      },
    }),
  },
  {
    fault: 'rounds while it adds up costs',
    caughtBy: 'summarize.exact-sums',
    methods: parts(all =>
      all.map(part => ({ ...part, costs: [part.costs.toReversed().reduce((sum, cost) => sum + cost, 0)] })),
    ),
  },
  {
    fault: 'takes an unknown cost for 0',
    caughtBy: 'summarize.costs-unknown',
    methods: entries(entry => ({ ...entry, costUsd: entry.costUsd ?? 0 })),
  },
  {
    fault: 'takes a cost of 0 for unknown',
    caughtBy: 'summarize.costs-unknown',
    methods: entries(entry => ({ ...entry, costUsd: entry.costUsd || null })),
  },
  {
    fault: 'takes an unknown latency for 0',
    caughtBy: 'summarize.latencies',
    methods: entries(entry => ({ ...entry, latencyMs: entry.latencyMs ?? 0 })),
  },
  {
    fault: 'holds latencies as whole milliseconds',
    caughtBy: 'summarize.latencies',
    methods: entries(entry => ({ ...entry, latencyMs: entry.latencyMs && Math.round(entry.latencyMs) })),
  },
  {
    fault: 'adds tokens up in 32 bits',
    caughtBy: 'summarize.tokens',
    methods: parts(all => all.map(part => ({ ...part, tokens: part.tokens.map(count => count % 2 ** 32) }))),
  },
  {
    fault: 'mixes up two kinds of tokens',
    caughtBy: 'summarize.tokens',
    methods: parts(all =>
      all.map(part => {
        const [input = 0, output = 0, ...rest] = part.tokens
        return { ...part, tokens: [output, input, ...rest] }
      }),
    ),
  },
  {
    fault: 'cuts off a long status',
    caughtBy: 'summarize.statuses',
    methods: parts(all =>
      all.map(part => ({
        ...part,
        statuses: part.statuses.map(([status, count]) => [status.slice(0, 1000), count] as const),
      })),
    ),
  },
  {
    fault: 'counts statuses without case',
    caughtBy: 'summarize.statuses',
    methods: parts(all =>
      all.map(part => ({
        ...part,
        statuses: part.statuses.map(([status, count]) => [status.toLowerCase(), count] as const),
      })),
    ),
  },
  {
    fault: 'takes a missing key for null',
    caughtBy: 'summarize.metadata-values',
    methods: grouping((_, values) => values.map(value => value ?? null)),
  },
  {
    fault: 'groups values by their text',
    caughtBy: 'summarize.metadata-values',
    methods: grouping((_, values) =>
      values.map(value => (value === undefined || typeof value === 'string' ? value : canonicalJson(value))),
    ),
  },
  {
    fault: 'takes dots in a key for a path',
    caughtBy: 'summarize.metadata-keys',
    methods: correct => ({
      summarize: request =>
        correct.summarize({ ...request, by: request.by.map(key => key.split('.')[0] ?? key) }),
    }),
  },
  {
    fault: 'groups by what the prototype has',
    caughtBy: 'summarize.metadata-keys',
    methods: grouping(({ by }, values) =>
      values.map((value, i) => (value === undefined && by[i] === 'toString' ? 'function' : value)),
    ),
  },
  {
    fault: 'forgets the model of the selection when it sums up',
    caughtBy: 'summarize.filters',
    methods: correct => ({
      summarize: ({ selection: { model: _, ...selection }, ...request }) =>
        correct.summarize({ ...request, selection }),
    }),
  },
  {
    fault: 'takes size for the last index when it sums up',
    caughtBy: 'summarize.size',
    methods: correct => ({
      summarize: ({ selection: { size, ...selection }, ...request }) =>
        correct.summarize({
          ...request,
          selection: size === undefined ? selection : { ...selection, size: size + 1 },
        }),
    }),
  },
  {
    fault: 'counts only the entries that have the first key where only counts are wanted',
    caughtBy: 'summarize.counts-only',
    methods: correct => ({
      summarize: async request => {
        const found = await correct.summarize(request)
        return request.countsOnly ? found.filter(({ values: [first = null] }) => first !== null) : found
      },
    }),
  },
  {
    fault: 'sums up no more than a page',
    caughtBy: 'summarize.beyond-a-page',
    methods: correct => ({
      summarize: ({ selection, ...request }) =>
        correct.summarize({ ...request, selection: { ...selection, limit: 1000 } }),
    }),
  },
  {
    fault: 'gives the summary that it gave before',
    caughtBy: 'summarize.moves-on',
    methods: remembering(() => false),
  },
  {
    fault: 'sums up only what it knew when it last appended',
    caughtBy: 'summarize.other-instances',
    methods: remembering(() => true),
  },
  {
    fault: 'groups by a named key without the entries that lack it',
    caughtBy: 'summarize.named-keys',
    methods: correct => ({
      summarize: async request => {
        const found = await correct.summarize(request)
        const named = request.by.map(key => correct.metadataIndexes.includes(key))
        return found.filter(({ values }) => !values.some((value, i) => named[i] && value === undefined))
      },
    }),
  },
  {
    fault: 'sums up before it was opened',
    caughtBy: 'life-cycle.summarize-before-open',
    methods: correct => ({ summarize: async ({ by }) => correct.sum(by, []) }),
  },
]

/** Changes the answer. */
function parts(change: (parts: readonly SummaryPart[]) => readonly SummaryPart[]): Methods {
  return correct => ({ summarize: async request => change(await correct.summarize(request)) })
}

/** Changes the values of the groups. */
function grouping(
  change: (request: SummaryRequest, values: readonly GroupValue[]) => readonly GroupValue[],
): Methods {
  return correct => ({
    summarize: async request => {
      const found = await correct.summarize(request)
      return found.map(part => ({ ...part, values: change(request, part.values) }))
    },
  })
}

/** Sums up entries that were changed. */
function entries(change: (entry: AuditEntry) => EntryFields & Pick<AuditEntry, 'index'>): Methods {
  return correct => ({
    summarize: async ({ selection, by }) => {
      const found = await correct.select(selection, entry => matches(selection, entry))
      return correct.sum(by, found.map(change))
    },
  })
}

/** Answers a request as the first time, or, if appending makes it look again, as at the last append. */
function remembering(isForgottenOnAppend: () => boolean): Methods {
  return correct => {
    const known = new Map<string, readonly SummaryPart[]>()
    return {
      append: leaves => {
        if (isForgottenOnAppend()) known.clear()
        return correct.append(leaves)
      },
      summarize: async request => {
        const found = await correct.summarize(request)
        const key = JSON.stringify(request)
        if (!known.has(key)) known.set(key, found)
        return known.get(key) ?? found
      },
    }
  }
}

function emptyPart(correct: ArrayBackend): SummaryPart {
  const [part] = correct.sum([], [])
  if (!part) throw new Error('there is none')
  return part
}

function hourLater(hour: string): string {
  return new Date(Date.parse(hour) + 3_600_000).toISOString()
}
