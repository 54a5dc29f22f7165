// Prices what the price list warns of or throws for, and prints nothing else than that it is done.
import { CostTracker, type PricedUsage, prices } from '@audit/cost'

const price = prices()
const tracker = new CostTracker()
const usages: readonly (PricedUsage & { readonly [unknown: string]: unknown })[] = [
  { inputTokens: 1000, outputTokens: 500 },
  { inputTokens: 1000, outputTokens: 500, cacheReadTokens: 2000 },
  { inputTokens: 1000, outputTokens: 500, inputAudioTokens: 900, cacheReadTokens: 800 },
  { inputTokens: Number.NaN, outputTokens: -1 },
  { inputTokens: 1000, outputTokens: 500, input_tokens: 1, prompt_tokens: 2, unheardOf: 3 },
]
for (const provider of [
  'openai',
  'anthropic',
  'aws',
  'azure',
  'google',
  'mistral',
  'litellm',
  'unheard-of',
]) {
  for (const model of ['gpt-4o', 'gpt-audio', 'claude-sonnet-4-5', 'gemini-2.5-flash', 'unheard-of']) {
    for (const usage of usages) {
      price({ provider, responseModel: model, usage, startedAt: new Date() })
      tracker.record(model, Number(usage.inputTokens), Number(usage.outputTokens), 1, { provider, ...usage })
    }
  }
}
console.log('done')
