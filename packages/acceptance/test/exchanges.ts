import type { EntryInput } from '@audit/core'
import { realExchanges } from '@audit/harness'

/** The real exchanges, each with metadata to tell it apart. */
export function labelledExchanges(): readonly EntryInput[] {
  return realExchanges().map((exchange, i) => ({ ...exchange, metadata: { line: i, batch: { of: i % 10 } } }))
}

/** Exchanges of all shapes, the same at every run: for where there is no real data, and for what it lacks. */
export function generatedExchanges(count: number): readonly EntryInput[] {
  return Array.from({ length: count }, (_, i) => ({
    model: MODELS[i % MODELS.length] ?? '',
    user: USERS[(i * 7) % USERS.length],
    inputText: `${i}: ${TEXTS[i % TEXTS.length]}`,
    outputText: (TEXTS[(i * 3) % TEXTS.length] ?? '').repeat(i % 40),
    costUsd: [null, 0, i / 1000, 1e-7][i % 4],
    latencyMs: [null, i, 0.5][i % 3],
    metadata: {
      session: `s${i % 9}`,
      ...(i % 2 === 0 && { nested: { even: [i % 4, null, { deep: 'é' }] } }),
      ...(i % 5 === 0 && JSON.parse('{"__proto__":{"x":1},"":0}')),
    },
  }))
}

const MODELS = ['m', 'M', 'gpt-4o', 'gpt-4o-mini', 'mô\u0308del']
const USERS = ['alice', 'Alice', '', 'a_ice', 'a%', 'アリス', 'x\u0000y', "o'neil"]
const TEXTS = [
  'plain',
  '😀 astral',
  'مرحبا',
  'one\ntwo\r\nthree',
  'nul\u0000',
  'line\u2028sep',
  'e\u0301 é',
  '"\\',
]
