import type { EntryFields } from '../entry/fields.ts'
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
  const tokens = TOKEN_KEYS.map(key => tokensOf(Object.hasOwn(metadata, key) ? metadata[key] : undefined))
  const status = Object.hasOwn(metadata, STATUS_KEY) ? metadata[STATUS_KEY] : undefined
  return {
    costUsd,
    latencyMs,
    tokens: tokens.some(count => count > 0) ? tokens : NO_TOKENS,
    status: typeof status === 'string' ? status : undefined,
  }
}

/** The value of every entry that counts no tokens. */
const NO_TOKENS: readonly number[] = []

function tokensOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}
