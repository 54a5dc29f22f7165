import { providerServer } from '@audit/harness/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { APIS, askAndRead, type Form, MODELS, observe, type Recorder } from './observed.ts'
import { SITUATIONS, type Situation, textMatches } from './situations.ts'

const FORMS: readonly Form[] = ['invoke', 'stream']
const RECORDERS: readonly Recorder[] = ['model', 'handler', 'both']

const server = await providerServer()
let size = 0
afterAll(() => {
  console.log(`matrix of @audit/langchain: ${size} cells, each run with and without recording`)
})

const CELLS = RECORDERS.flatMap(recorder =>
  SITUATIONS.flatMap(row =>
    (row.apis ?? APIS).flatMap(api =>
      (row.forms ?? FORMS)
        .filter(form => applies(row, recorder, form))
        .map(form => ({ recorder, api, form, row, name: row.name })),
    ),
  ),
)

/** LangChain reports nothing of the newest streamEvents to handlers. */
function applies({ recorders = RECORDERS }: Situation, recorder: Recorder, form: Form): boolean {
  return recorders.includes(recorder) && (recorder !== 'handler' || form !== 'events')
}

function statusOf({ status, callback = status }: Situation, recorder: Recorder, form: Form) {
  const expected = recorder === 'handler' ? callback : status
  return typeof expected === 'string' ? expected : expected[form === 'invoke' ? 'invoke' : 'stream']
}

describe.each(RECORDERS)('recorded by %s', recorder => {
  const cells = CELLS.filter(cell => cell.recorder === recorder)
  test.concurrent.each(cells)('$api, $form: $name', async ({ api, form, row }) => {
    const { behaviour = 'fine', options, capture, play = askAndRead, calls = 1 } = row
    const scenery = { server, behaviour, api, form, recorder, options, capture }
    const [bare, audited] = await Promise.all([observe(scenery, play, false), observe(scenery, play, true)])
    size++
    expect(audited.seen).toEqual(bare.seen)
    expect(audited.requests).toBe(bare.requests)
    expect(audited.drained).toBeUndefined()
    expect(audited.entries).toHaveLength(calls)
    const status = statusOf(row, recorder, form)
    for (const entry of audited.entries) {
      const { metadata } = entry
      expect(metadata).toMatchObject({
        'audit.status': status,
        'gen_ai.request.model': MODELS[api],
        'gen_ai.provider.name': server.host, // which is nobody's
        'gen_ai.operation.name': 'chat',
        'audit.capture': {
          integration: '@audit/langchain',
          level: recorder === 'handler' ? 'callback' : (row.level ?? 'wire'),
        },
      })
      expect(metadata['audit.attempts'] ?? 1).toBe(recorder === 'handler' ? 1 : (row.attempts ?? 1))
      expect(entry).toMatchObject({ user: 'alice', model: MODELS[api], costUsd: null })
      expect(entry.inputText).toBe('one two three four five six')
      if (!textMatches(row, entry.outputText)) expect.fail(`holds ${JSON.stringify(entry.outputText)}`)
      if (row.usage ?? status === 'ok') {
        expect(metadata).toMatchObject({
          'gen_ai.usage.input_tokens': 10,
          'gen_ai.usage.cache_read.input_tokens': 2,
        })
        // LangChain does not say it of Anthropic's.
        const isSaid = recorder !== 'handler' || api !== 'messages'
        expect(metadata['gen_ai.usage.reasoning.output_tokens']).toBe(isSaid ? 1 : undefined)
      }
    }
  })
})
