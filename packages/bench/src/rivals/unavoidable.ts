import { hash, randomUUID } from 'node:crypto'
import type { EntryInput } from '@audit/core'

/** A line and its leaf hash. */
export interface HashedLine {
  readonly line: string
  readonly hash: Uint8Array
}

/**
 * What cannot be avoided: a UUID, the canonical line, its SHA-256. By the fastest means of Node.js; nothing is checked,
 * copied or frozen, and the keys of the metadata are taken to be in their order.
 */
export function hashedLineOf(exchange: EntryInput): HashedLine {
  const { costUsd = null, inputText, latencyMs = null, metadata, model, outputText, user } = exchange
  const line = JSON.stringify({
    cost_usd: costUsd,
    entry_id: randomUUID(),
    input_text: inputText,
    latency_ms: latencyMs,
    metadata,
    model,
    output_text: outputText,
    timestamp: new Date().toISOString(),
    user,
  })
  return { line, hash: hash('sha256', `\0${line}`, 'buffer') }
}
