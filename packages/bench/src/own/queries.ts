import type { AuditEntry, AuditLog, Filter } from '@audit/core'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** The queries that a log must answer as fast when it is long; each looks for something near an entry of the log. */
export const QUERIES = {
  'user and model, newest 10': (log: AuditLog, { user, model }: AuditEntry) =>
    log.query({ user, model, order: 'desc', limit: 10 }),
  'one user in six hours, first 10': (log: AuditLog, { user, timestamp }: AuditEntry) => {
    const time = Date.parse(timestamp)
    return log.query({
      user,
      since: new Date(time - 3 * HOUR_MS),
      until: new Date(time + 3 * HOUR_MS),
      limit: 10,
    })
  },
  'one day, newest 10': (log: AuditLog, { timestamp }: AuditEntry) => {
    const day = timestamp.slice(0, 10)
    return log.query({ since: day, until: day, order: 'desc', limit: 10 })
  },
  'by id': (log: AuditLog, { entryId }: AuditEntry) => log.get(entryId),
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
  'user and metadata': ({ user, metadata }: AuditEntry): Filter => ({
    user,
    metadata: { session: metadata.session ?? '' },
  }),
  'metadata alone': ({ metadata }: AuditEntry): Filter => ({ metadata: { session: metadata.session ?? '' } }),
} as const

export type CountName = keyof typeof COUNTS

/** All of them, in the order of the tables. */
export const COUNT_NAMES = Object.keys(COUNTS) as CountName[] // the keys of a literal are its keys
