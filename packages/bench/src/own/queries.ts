import type { AuditEntry, AuditLog, Filter } from '@audit/core'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** The queries that a log must answer as fast when it is long; each looks for something near an entry of the log. */
export const QUERIES = {
  'user and model, newest 10': (log: AuditLog, { user, model }: AuditEntry) =>
    log.query({ user, model, order: 'desc', limit: 10 }),
  'one user in six hours, first 10': (log: AuditLog, { user, timestamp }: AuditEntry) =>
    log.query({ user, ...sixHoursAround(timestamp), limit: 10 }),
  'one day, newest 10': (log: AuditLog, { timestamp }: AuditEntry) => {
    const day = timestamp.slice(0, 10)
    return log.query({ since: day, until: day, order: 'desc', limit: 10 })
  },
  'by id': (log: AuditLog, { entryId }: AuditEntry) => log.get(entryId),
  'session, newest 10': (log: AuditLog, entry: AuditEntry) =>
    log.query({ ...likeIn('session', entry), order: 'desc', limit: 10 }),
  'session and user, newest 10': (log: AuditLog, entry: AuditEntry) =>
    log.query({ user: entry.user, ...likeIn('session', entry), order: 'desc', limit: 10 }),
  'session in six hours, newest 10': (log: AuditLog, entry: AuditEntry) =>
    log.query({
      ...sixHoursAround(entry.timestamp),
      ...likeIn('session', entry),
      order: 'desc',
      limit: 10,
    }),
} as const

export type QueryName = keyof typeof QUERIES

/** All of them, in the order of the tables. */
export const QUERY_NAMES = Object.keys(QUERIES) as QueryName[] // the keys of a literal are its keys

/** Filters whose matches are counted; an entry of the log to count the like of. */
export const COUNTS = {
  user: ({ user }: AuditEntry): Filter => ({ user }),
  model: ({ model }: AuditEntry): Filter => ({ model }),
  'user and model': ({ user, model }: AuditEntry): Filter => ({ user, model }),
  'all days up to one': ({ timestamp }: AuditEntry): Filter => ({ until: timestamp.slice(0, 10) }),
  'one day': ({ timestamp }: AuditEntry): Filter => {
    const time = Date.parse(timestamp)
    return { since: new Date(time), until: new Date(time + DAY_MS) }
  },
  session: (entry: AuditEntry): Filter => likeIn('session', entry),
  'user and session': (entry: AuditEntry): Filter => ({ user: entry.user, ...likeIn('session', entry) }),
  'customer, a thousandth of all': (entry: AuditEntry): Filter => likeIn('customer', entry),
  'a key without an index': (entry: AuditEntry): Filter => likeIn('gen_ai.usage.output_tokens', entry),
} as const

export type CountName = keyof typeof COUNTS

/** All of them, in the order of the tables. */
export const COUNT_NAMES = Object.keys(COUNTS) as CountName[] // the keys of a literal are its keys

/** Whether a log answers this from the index of a key that was named. */
export function isByNamedKey(name: CountName): boolean {
  return name.includes('session') || name.includes('customer')
}

/** What is summed up over a whole log. Each resolves with groups that have all entries between them. */
export const SUMS = {
  'summarize by user and month': (log: AuditLog) => log.summarize({ by: ['user', 'month'] }),
  'distinct users': (log: AuditLog) => log.distinct('user'),
} as const

export type SumName = keyof typeof SUMS

/** All of them, in the order of the tables. */
export const SUM_NAMES = Object.keys(SUMS) as SumName[] // the keys of a literal are its keys

function sixHoursAround(timestamp: string): Filter {
  const time = Date.parse(timestamp)
  return { since: new Date(time - 3 * HOUR_MS), until: new Date(time + 3 * HOUR_MS) }
}

/** What has the same value of a key of the metadata as an entry. */
function likeIn(key: string, { metadata }: AuditEntry): Filter {
  return { metadata: { [key]: metadata[key] ?? '' } }
}
