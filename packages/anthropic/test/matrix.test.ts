import { type Form, textMatches } from '@audit/harness/situations'
import { providerServer } from '@audit/harness/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { type Api, askAndRead, MODEL, observe } from './observed.ts'
import { SDKS, type Sdk } from './sdks.ts'
import { SITUATIONS, type Situation } from './situations.ts'

const APIS: readonly Api[] = ['messages', 'beta']
const FORMS: readonly Form[] = ['json', 'stream']

const server = await providerServer()
let size = 0
afterAll(() => {
  console.log(`matrix of @audit/anthropic: ${size} cells, each run with and without recording`)
})

const CELLS = APIS.flatMap(api =>
  FORMS.flatMap(form =>
    SITUATIONS.filter(({ apis = APIS, forms = FORMS }) => apis.includes(api) && forms.includes(form)).map(
      row => ({ api, form, row }),
    ),
  ),
)

/** How the entries end, in order. */
function statusesOf({ name, status, attempts = 1, calls = 1 }: Situation, form: Form, sdk: Sdk) {
  const ends = typeof status === 'string' ? status : status[form]
  if (sdk.hasMiddleware) return Array(calls).fill(ends)
  // auditFetch alone sees only that a signal stopped the request, whoever stopped it.
  const seen = ends === 'timeout' || name === 'controller.abort()' ? 'aborted' : ends
  if (attempts === 1) return Array(calls).fill(seen)
  return [...Array(attempts - 1).fill(seen === 'ok' ? 'error' : seen), seen]
}

describe.each(SDKS)('@anthropic-ai/sdk $version', sdk => {
  test.concurrent.each(CELLS)('$api, $form: $row.name', async ({ api, form, row }) => {
    const { behaviour = 'fine', options, play = askAndRead } = row
    const scenery = { server, sdk, behaviour, api, form, options }
    const bare = await observe(scenery, play, false)
    const audited = await observe(scenery, play, true)
    size++
    expect(audited.seen).toEqual(bare.seen)
    expect(audited.requests).toBe(bare.requests)
    expect(audited.drained).toBeUndefined()
    const statuses = statusesOf(row, form, sdk)
    expect(audited.entries.map(({ metadata }) => metadata['audit.status'])).toEqual(statuses)
    for (const entry of audited.entries) {
      const { metadata } = entry
      expect(metadata).toMatchObject({
        'gen_ai.request.model': MODEL,
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.operation.name': 'chat',
      })
      expect(metadata['audit.attempts'] ?? 1).toBe(sdk.hasMiddleware ? (row.attempts ?? 1) : 1)
      expect(entry).toMatchObject({ user: 'alice', model: MODEL, costUsd: null })
      expect(entry.inputText).toMatch(/one two three four five six/)
      const isRefusal = metadata['audit.status'] === 'error' && row.status !== 'error'
      if (!isRefusal && !textMatches(row, entry.outputText, form)) {
        expect.fail(`holds ${JSON.stringify(entry.outputText)}`)
      }
      if (row.usage ?? metadata['audit.status'] === 'ok') {
        expect(metadata['gen_ai.usage.input_tokens']).toBe(10)
      }
    }
  })
})
