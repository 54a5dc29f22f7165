import { createCapture } from '@audit/capture'
import { expectUnfinished } from '@audit/capture-harness'
import { AuditLog, MemoryBackend } from '@audit/core'
import { providerServer } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { addressOf, BODY, MODEL } from './observed.ts'
import { WITH_MIDDLEWARE } from './sdks.ts'

const server = await providerServer()

test('kill -9 in mid-stream leaves an entry that says so, and unfinished() lists it', async () => {
  await expectUnfinished({
    program: new URL('record-until-killed.ts', import.meta.url),
    model: MODEL,
    server,
    addressOf,
  })
})

test.each(WITH_MIDDLEWARE)(
  '$version: an intent is stored once, before the first request leaves',
  async sdk => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    const scene = server.scene('rate-limited')
    const order: string[] = []
    const capture = createCapture({
      log: {
        record: async input => {
          order.push(`${scene.requests} requests`)
          return log.record(input)
        },
      },
      intent: true,
    })
    await sdk.create({ baseURL: addressOf(scene) }, capture).messages.create(BODY)
    expect(order).toEqual(['0 requests', '3 requests'])
    const [intent, call] = await log.query()
    expect(call?.metadata).toMatchObject({ 'audit.about': intent?.entryId, 'audit.attempts': 3 })
    expect(await capture.unfinished(log)).toEqual([])
  },
)
