import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { EntryInput } from '@audit/core'

const REAL = fileURLToPath(new URL('../../../../shared/data/interactions.jsonl', import.meta.url))

/** Where the real exchanges lie: beside the checkout, not in it. `undefined` where they do not. */
export const REAL_FILE: string | undefined = existsSync(REAL) ? REAL : undefined

/** The real exchanges: model, texts and user as they stand in the file, and metadata to tell them apart. */
export function realExchanges(): readonly EntryInput[] {
  return readFileSync(REAL, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line, i) => {
      const { model, input_text, output_text, user } = JSON.parse(line)
      return {
        model,
        inputText: input_text,
        outputText: output_text,
        user,
        metadata: { line: i, batch: { of: i % 10 } },
      }
    })
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
