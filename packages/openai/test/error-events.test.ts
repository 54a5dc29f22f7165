import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { ProviderServer } from '@audit/harness'
import { ANSWER } from '@audit/harness/situations'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'
import { type Api, ask } from './observed.ts'
import { SDKS } from './sdks.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await ProviderServer.start()
})
afterAll(() => server.stop())

/** The text that a chunk or an event shows. */
function textOf(part: unknown): string {
  const { choices, type, delta }: { choices?: readonly object[]; type?: unknown; delta?: unknown } =
    Object(part)
  const [choice] = choices ?? []
  const said: unknown = type === 'response.output_text.delta' ? delta : Object(choice).delta?.content
  return typeof said === 'string' ? said : ''
}

describe.each(SDKS)('openai $major', sdk => {
  test.each<Api>(['chat', 'responses'])(
    'all that was shown around an error event is recorded, and what the error says: %s',
    async api => {
      const log = new AuditLog()
      const capture = createCapture({ log })
      const scene = server.scene('error-event')
      const client = auditOpenAI(sdk.create({ baseURL: scene.url, apiKey: 'none' }), capture)
      let shown = ''
      const reading = async () => {
        const stream = await ask({ client, api, form: 'stream', seen: [], major: sdk.major, scene })
        if (Symbol.asyncIterator in stream) for await (const part of stream) shown += textOf(part)
      }
      const readsOn = api === 'responses' && (sdk.major === 5 || sdk.major === 6)
      if (readsOn) await reading()
      else await expect(reading()).rejects.toThrow('overloaded')
      await capture.drain()
      expect(shown === ANSWER).toBe(readsOn)
      const metadata = { 'audit.status': 'error', 'error.type': 'server_error', 'audit.error': 'overloaded' }
      expect(await log.query()).toMatchObject([{ outputText: shown, metadata }])
    },
  )
})
