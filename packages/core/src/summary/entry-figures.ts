import type { EntryFields } from '../entry/fields.ts'
import type { JsonObject } from '../entry/json.ts'
import { STATUS_KEY, TOKEN_KEYS } from './summary-part.ts'

/** What an entry adds to the sums of its group. */
export interface EntryFigures {
  /** US dollars; `null` when unknown. */
  readonly costUsd: number | null
  /** Milliseconds; `null` when unknown. */
  readonly latencyMs: number | null
  /** In the order of `TOKEN_KEYS`; 0 where the metadata has no positive whole number below 2³². Empty where all are 0. */
  readonly tokens: readonly number[]
  /** Its `audit.status`, if that is a text. */
  readonly status: string | undefined
}

/** Takes from an entry what it adds to the sums of its group. */
export function figuresOf({
  costUsd,
  latencyMs,
  metadata,
}: Pick<EntryFields, 'costUsd' | 'latencyMs' | 'metadata'>): EntryFigures {
  const status = metadata[STATUS_KEY]
  return {
    costUsd,
    latencyMs,
    tokens: tokensOf(metadata),
    status: typeof status === 'string' && Object.hasOwn(metadata, STATUS_KEY) ? status : undefined,
  }
}

/** No call has so many. Sums of fewer are exact for millions of entries, in any order. */
const MOST_TOKENS = 2 ** 32

const NO_TOKENS: readonly number[] = []

function tokensOf(metadata: JsonObject): readonly number[] {
  let tokens: number[] | undefined
  for (let kind = 0; kind < TOKEN_KEYS.length; kind++) {
    const key = TOKEN_KEYS[kind] ?? ''
    const value = metadata[key]
    const isCount = typeof value === 'number' && Number.isInteger(value) && value > 0 && value < MOST_TOKENS
    if (!isCount || !Object.hasOwn(metadata, key)) continue
    tokens ??= TOKEN_KEYS.map(() => 0)
    tokens[kind] = value
  }
  return tokens ?? NO_TOKENS
}
