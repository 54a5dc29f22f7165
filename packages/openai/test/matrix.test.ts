import { type Form, textMatches } from '@audit/harness/situations'
import { providerServer } from '@audit/harness/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { type Api, askAndRead, observe } from './observed.ts'
import { SDKS } from './sdks.ts'
import { SITUATIONS, type Situation } from './situations.ts'

const APIS: readonly Api[] = ['chat', 'responses']
const FORMS: readonly Form[] = ['json', 'stream']

const server = await providerServer()
let size = 0
afterAll(() => {
  console.log(`matrix of @audit/openai: ${size} cells, each run with and without recording`)
})

const CELLS = SDKS.flatMap(sdk =>
  APIS.flatMap(api =>
    FORMS.flatMap(form =>
      SITUATIONS.filter(row => applies(row, sdk.major, api, form)).map(row => ({ sdk, api, form, row })),
    ),
  ),
)

function applies(
  { apis = APIS, forms = FORMS, majors }: Situation,
  major: number,
  api: Api,
  form: Form,
): boolean {
  return apis.includes(api) && forms.includes(form) && (majors?.includes(major) ?? true)
}

describe.each(SDKS)('openai $major', ({ major }) => {
  const cells = CELLS.filter(cell => cell.sdk.major === major)
  test.concurrent.each(cells)('$api, $form: $row.name', async ({ sdk, api, form, row }) => {
    const { behaviour = 'fine', options, play = askAndRead, calls = 1 } = row
    const scenery = { server, sdk, behaviour, api, form, options }
    const bare = await observe(scenery, play, false)
    const audited = await observe(scenery, play, true)
    size++
    expect(audited.seen).toEqual(bare.seen)
    expect(audited.requests).toBe(bare.requests)
    expect(audited.drained).toBeUndefined()
    expect(audited.entries).toHaveLength(calls)
    for (const entry of audited.entries) {
      const { metadata } = entry
      const status = typeof row.status === 'string' ? row.status : row.status[form]
      expect(metadata).toMatchObject({
        'audit.status': status,
        'gen_ai.request.model': 'gpt-4o-mini',
        'gen_ai.provider.name': 'openai',
        'gen_ai.operation.name': 'chat',
      })
      expect(metadata['audit.attempts'] ?? 1).toBe(row.attempts ?? 1)
      expect(entry).toMatchObject({ user: 'alice', model: 'gpt-4o-mini', costUsd: null })
      expect(entry.inputText).toMatch(/one two three four five six/)
      if (!textMatches(row, entry.outputText, form)) expect.fail(`holds ${JSON.stringify(entry.outputText)}`)
      if (row.usage ?? status === 'ok') {
        expect(metadata).toMatchObject({
          'gen_ai.usage.input_tokens': 10, // with what was cached, once
          'gen_ai.usage.cache_read.input_tokens': 2,
        })
        expect(metadata['gen_ai.usage.output_tokens']).toBeGreaterThan(0)
      }
    }
  })
})
