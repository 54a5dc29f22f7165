import type { EntryFields } from '../entry/fields.ts'
import type { JsonObject } from '../entry/json.ts'
import { STATUS_KEY, TOKEN_KEYS } from './summary-part.ts'

/** What an entry adds to the sums of its group. */
export interface EntryFigures {
  /** US dollars; `null` when unknown. */
  readonly costUsd: number | null
  /** Milliseconds; `null` when unknown. */
  readonly latencyMs: number | null
  /** In the order of `TOKEN_KEYS`; 0 where the metadata has no positive safe integer. Empty where all are 0. */
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

const NO_TOKENS: readonly number[] = []

function tokensOf(metadata: JsonObject): readonly number[] {
  let tokens: number[] | undefined
  for (let kind = 0; kind < TOKEN_KEYS.length; kind++) {
    const key = TOKEN_KEYS[kind] ?? ''
    const value = metadata[key]
    const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value > 0
    if (!isCount || !Object.hasOwn(metadata, key)) continue
    tokens ??= TOKEN_KEYS.map(() => 0)
    tokens[kind] = value
  }
  return tokens ?? NO_TOKENS
}
