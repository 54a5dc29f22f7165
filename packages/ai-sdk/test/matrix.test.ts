import { providerServer } from '@audit/harness/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { type Api, askAndRead, type Form, observe } from './observed.ts'
import { SDKS } from './sdks.ts'
import { SITUATIONS, textMatches } from './situations.ts'

const APIS: readonly Api[] = ['chat', 'responses']
const FORMS: readonly Form[] = ['generate', 'stream']

const server = await providerServer()
let size = 0
afterAll(() => {
  console.log(`matrix of @audit/ai-sdk: ${size} cells, each run with and without recording`)
})

const CELLS = SDKS.flatMap(sdk =>
  APIS.flatMap(api =>
    FORMS.flatMap(form =>
      SITUATIONS.filter(({ apis = APIS, forms = FORMS }) => apis.includes(api) && forms.includes(form)).map(
        row => ({ sdk, api, form, row }),
      ),
    ),
  ),
)

describe.each(SDKS)('ai $major', ({ major }) => {
  const cells = CELLS.filter(cell => cell.sdk.major === major)
  test.concurrent.each(cells)('$api, $form: $row.name', async ({ sdk, api, form, row }) => {
    const { behaviour = 'fine', capture, play = askAndRead, statuses: given } = row
    const scenery = { server, sdk, behaviour, api, form, capture }
    const bare = await observe(scenery, play, false)
    const audited = await observe(scenery, play, true)
    size++
    const statuses = typeof given === 'function' ? given({ form, major, api }) : given
    expect(audited.seen).toEqual(bare.seen)
    expect(audited.requests).toBe(bare.requests)
    expect(audited.drained).toBeUndefined()
    expect(audited.entries.map(({ metadata }) => metadata['audit.status'])).toEqual(statuses)
    for (const [i, { metadata, ...entry }] of audited.entries.entries()) {
      const status = metadata['audit.status']
      expect(metadata).toMatchObject({
        'gen_ai.request.model': 'gpt-4o-mini',
        'gen_ai.provider.name': server.host, // which is not OpenAI's
        'gen_ai.operation.name': 'chat',
        'audit.capture': { integration: '@audit/ai-sdk', level: 'middleware' },
      })
      expect(entry).toMatchObject({ user: 'alice', model: 'gpt-4o-mini', costUsd: null })
      expect(entry.inputText).toMatch(/one two three four five six/)
      if (status === 'error') continue
      if (!textMatches(row, entry.outputText)) expect.fail(`${i} holds ${JSON.stringify(entry.outputText)}`)
      if (status === 'ok') expect(metadata['gen_ai.usage.input_tokens']).toBe(10)
    }
  })
})
