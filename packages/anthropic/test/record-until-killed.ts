// Asks a provider that never ends its answer, with an intent, and says when the answer has begun.
import { Anthropic } from '@anthropic-ai/sdk'
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { auditMiddleware } from '../src/index.ts'

const [path = '', baseURL = ''] = process.argv.slice(2)
const log = new AuditLog({ backend: new JsonlBackend({ path }) })
const capture = createCapture({ log, user: 'alice', intent: true })
const anthropic = new Anthropic({ apiKey: 'none', baseURL, middleware: [auditMiddleware(capture)] })
const ask = (content: string) => ({
  model: 'claude-haiku-4-5-20251001',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content }],
})
await anthropic.messages.create(ask('the first'))
const stream = await anthropic.messages.create({ ...ask('a question without an answer'), stream: true })
let events = 0
for await (const _ of stream) if (++events === 4) console.log('in the middle')
