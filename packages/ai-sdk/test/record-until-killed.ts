// Asks a provider that never ends its answer, with an intent, and says when the answer has begun.
import { createOpenAI } from '@ai-sdk/openai'
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { generateText, streamText, wrapLanguageModel } from 'ai'
import { auditMiddleware } from '../src/index.ts'

const [path = '', baseURL = ''] = process.argv.slice(2)
const capture = createCapture({
  log: new AuditLog({ backend: new JsonlBackend({ path }) }),
  user: 'alice',
  intent: true,
})
const openai = createOpenAI({ baseURL, apiKey: 'none' })
const model = wrapLanguageModel({ model: openai.chat('gpt-4o-mini'), middleware: auditMiddleware(capture) })
await generateText({ model, prompt: 'the first' })
let chunks = 0
for await (const _ of streamText({ model, prompt: 'a question without an answer' }).textStream) {
  if (++chunks === 4) console.log('in the middle')
}
