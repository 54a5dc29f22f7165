import type { AuditEntry, Filter, Query } from '@audit/core'
import { expected } from './oracle.ts'

type Choice<T> = readonly (T | undefined)[]

/** Every combination of filters worth asking: each user and model, windows of time, labels, and what matches nothing. */
export function* everyFilter(sorted: readonly AuditEntry[]): Generator<Filter> {
  const users: Choice<string> = [undefined, 'nobody', ...new Set(sorted.map(({ user }) => user))]
  const models: Choice<string> = [undefined, 'none', ...new Set(sorted.map(({ model }) => model))]
  for (const user of users) {
    for (const model of models) {
      for (const window of windowsOf(sorted)) yield given({ user, model, ...window })
    }
    for (const metadata of labelsOf(sorted)) yield given({ user, metadata })
  }
}

/** Every filter, in both orders, with and without a limit, from the front and from the middle of what it finds. */
export function* everyQuery(sorted: readonly AuditEntry[]): Generator<Query> {
  for (const filter of everyFilter(sorted)) {
    for (const order of ['asc', 'desc'] as const) {
      const all = expected(sorted, { ...filter, order })
      const after = all[all.length >> 1]
      yield { ...filter, order }
      yield { ...filter, order, limit: 10 }
      if (after) yield { ...filter, order, limit: 10, after }
    }
  }
  for (const limit of [0, 1, sorted.length - 1, sorted.length, sorted.length + 1]) {
    for (const order of ['asc', 'desc'] as const) yield { limit, order }
  }
}

/** Windows that begin and end exactly on an entry, so that being off by one shows. */
function windowsOf(sorted: readonly AuditEntry[]): readonly Filter[] {
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.timestamp ?? ''
  return [
    {},
    { since: at(0.3) },
    { until: at(0.6) },
    { since: at(0.3), until: at(0.6) },
    { since: at(0.5), until: at(0.5) },
    { since: at(0.6), until: at(0.3) },
  ]
}

/** Metadata of entries, whole and in part, and some that no entry has. */
function labelsOf(sorted: readonly AuditEntry[]): readonly Filter['metadata'][] {
  const some = [sorted[0], sorted[12], sorted[30]].flatMap(entry => (entry ? [entry.metadata] : []))
  const parts = some.flatMap(metadata => Object.entries(metadata).map(pair => Object.fromEntries([pair])))
  return [{}, { missing: null }, ...some, ...parts]
}

/** Without the keys that are undefined, which a query refuses. */
function given(filter: { readonly [Key in keyof Filter]: Filter[Key] | undefined }): Filter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}
