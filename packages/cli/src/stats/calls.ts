import type { Filter } from '@audit/core'

/** What the entries have that are no calls: an intent, recorded before its call, and the short entry that ends one. */
export const INTENT_KEY = 'audit.intent'

/** Whether sums are those of calls, without the entries of intents. Whoever names the key, in `by` or a filter, wants these too. */
export function countsCallsAlone(
  by: readonly string[],
  { metadata = {} }: Pick<Filter, 'metadata'>,
): boolean {
  return !by.includes(INTENT_KEY) && !Object.hasOwn(metadata, INTENT_KEY)
}

/** Sums of calls. */
export interface Calls<Group> {
  readonly calls: readonly Group[]
  /** How many entries of intents were left out. */
  readonly intents: number
}

/** Leaves the groups of intents out. */
export function withoutIntents<Group extends { readonly count: number }>(
  groups: readonly Group[],
  intentOf: (group: Group) => unknown,
): Calls<Group> {
  const isOfIntents = (group: Group) => intentOf(group) !== undefined
  return {
    calls: groups.filter(group => !isOfIntents(group)),
    intents: groups.filter(isOfIntents).reduce((sum, { count }) => sum + count, 0),
  }
}
