// Asks a provider that never ends its answer, with an intent, and says when the answer has begun.
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { ChatOpenAI } from '@langchain/openai'
import { AuditCallbackHandler, auditModel } from '../src/index.ts'

const [path = '', baseURL = '', recorder] = process.argv.slice(2)
const capture = createCapture({
  log: new AuditLog({ backend: new JsonlBackend({ path }) }),
  user: 'alice',
  intent: true,
})
const bare = new ChatOpenAI({ model: 'gpt-4o-mini', apiKey: 'none', configuration: { baseURL } })
const model = recorder === 'model' ? auditModel(bare, capture) : bare
const callbacks = recorder === 'model' ? [] : [new AuditCallbackHandler(capture)]
await model.invoke('the first', { callbacks })
let chunks = 0
for await (const _ of await model.stream('a question without an answer', { callbacks })) {
  if (++chunks === 4) console.log('in the middle')
}
