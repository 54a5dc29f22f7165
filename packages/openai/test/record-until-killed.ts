// Asks a provider that never ends its answer, with an intent, and says when the answer has begun.
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import OpenAI from 'openai'
import { auditOpenAI } from '../src/index.ts'

const [path = '', baseURL = ''] = process.argv.slice(2)
const capture = createCapture({
  log: new AuditLog({ backend: new JsonlBackend({ path }) }),
  user: 'alice',
  intent: true,
})
const openai = auditOpenAI(new OpenAI({ baseURL, apiKey: 'none' }), capture)
const messages = [{ role: 'user' as const, content: 'a question without an answer' }]
await openai.chat.completions.create({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'the first' }],
})
const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true })
let chunks = 0
for await (const _ of stream) if (++chunks === 4) console.log('in the middle')
