import type { Fetch } from '@audit/capture'
import { checkIntegration, type IntegrationClient, type IntegrationSetUp } from '@audit/capture/kit'
import { expect, test } from 'vitest'
import { type Client, SDKS, type Sdk } from './sdks.ts'

const BODY = { model: 'kit-1', max_tokens: 100 }

/** The SDK does not even make such a request, so there is none to record. */
const NEVER_MADE = 'a call that is aborted before it starts is no success'

test.each(SDKS)('$version keeps to what authors of integrations must keep to', async sdk => {
  const results = await checkIntegration({ create: setUp => clientOf(sdk, setUp) })
  const problems = results.filter(({ name, problem }) => problem !== undefined && name !== NEVER_MADE)
  expect(problems).toEqual([])
  expect(results.filter(({ isSkipped }) => isSkipped)).toEqual([])
})

function clientOf(sdk: Sdk, { model, capture }: IntegrationSetUp): IntegrationClient {
  const options = { baseURL: 'http://127.0.0.1:1', maxRetries: 0, fetch: fetchOf(model) }
  return asked(sdk.create(options, capture))
}

function asked({ messages }: Client): IntegrationClient {
  const bodyOf = (content: string) => ({ ...BODY, messages: [{ role: 'user' as const, content }] })
  return {
    async ask(question, { signal }) {
      const { content } = await messages.create(bodyOf(question), signal && { signal })
      return content.map(block => (block.type === 'text' ? block.text : '')).join('')
    },
    async *stream(question, { signal }) {
      const stream = await messages.create({ ...bodyOf(question), stream: true }, signal && { signal })
      for await (const event of stream) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text
      }
    },
  }
}

/** The model of the kit, as a provider that is reached by `fetch`. */
function fetchOf(model: IntegrationSetUp['model']): Fetch {
  return async (_, init) => {
    const { messages, stream } = JSON.parse(String(init?.body))
    const parts = model(messages[0].content, init?.signal ?? undefined)
    if (stream === true) return new Response(ReadableStream.from(eventsOf(parts)), { headers: STREAM })
    let text = ''
    for await (const part of parts) text += part
    return Response.json({ ...STARTED, content: [{ type: 'text', text }] })
  }
}

const STREAM = { 'content-type': 'text/event-stream' }
const STARTED = { type: 'message', id: 'msg_1', role: 'assistant', model: 'kit-1', content: [] }

async function* eventsOf(parts: AsyncIterable<string>) {
  yield eventOf({ type: 'message_start', message: STARTED })
  yield eventOf({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
  try {
    for await (const text of parts) {
      yield eventOf({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
    }
    yield eventOf({ type: 'message_stop' })
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    yield eventOf({ type: 'error', error: { type: 'overloaded_error' } }) // a provider says it in the stream
  }
}

function eventOf(data: Readonly<Record<string, unknown>>): Uint8Array {
  return Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`)
}
