import type { EntryInput } from '@audit/core'
import { type Exchange, REAL_EXCHANGES, realExchanges } from '@audit/harness'

const LONGEST = 1500
const GENERATED = 1610

/**
 * What is recorded, over and over: real exchanges where they lie beside the checkout, and otherwise generated ones of about
 * the same lengths, the same at every run. Texts are cut at 1,500 characters, so that a million fit into 1.2 GB.
 */
export function loadExchanges(): readonly EntryInput[] {
  const texts = REAL_EXCHANGES
    ? realExchanges()
    : Array.from({ length: GENERATED }, (_, i) => generatedText(i))
  return texts.map(({ inputText, outputText, ...rest }, i) => ({
    ...rest,
    inputText: inputText.slice(0, LONGEST).toWellFormed(),
    outputText: outputText.slice(0, LONGEST).toWellFormed(),
    costUsd: (i % 50) / 10_000,
    latencyMs: 200 + (i % 900),
    metadata: {
      session: `session-${Math.floor(i / 7)}`,
      'gen_ai.usage.input_tokens': inputText.length >> 2,
      'gen_ai.usage.output_tokens': outputText.length >> 2,
    },
  }))
}

const WORDS =
  'what when where the of model answer list country water energy because – first second année'.split(' ')

function generatedText(i: number): Exchange {
  const text = (length: number) => {
    let words = ''
    for (let n = i; words.length < length; n = (n * 31 + 7) % 9973) words += `${WORDS[n % WORDS.length]} `
    return words
  }
  return {
    model: ['gpt-4o', 'claude-3'][i % 2] ?? '',
    user: `user${String((i * 7) % 23).padStart(2, '0')}`,
    inputText: text(40 + ((i * 13) % 250)),
    outputText: text(100 + ((i * 89) % 2200)),
  }
}
