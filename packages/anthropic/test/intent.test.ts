import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createCapture } from '@audit/capture'
import { AuditLog, MemoryBackend } from '@audit/core'
import { ProviderServer } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addressOf, BODY, MODEL } from './observed.ts'
import { WITH_MIDDLEWARE } from './sdks.ts'

const CHILD = fileURLToPath(new URL('record-until-killed.ts', import.meta.url))

let server: ProviderServer
beforeAll(async () => {
  server = await ProviderServer.start()
})
afterAll(() => server.stop())

test('kill -9 in mid-stream leaves an entry that says so, and unfinished() lists it', async () => {
  const path = `${temporaryFolder()}/audit.jsonl`
  const address = addressOf(server.scene('endless-stream'))
  const child = spawn(process.execPath, [CHILD, path, address], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')

  const log = new AuditLog({ backend: new JsonlBackend({ path, readOnly: true }) })
  const unfinished = await createCapture({ log }).unfinished(log)
  expect(unfinished).toMatchObject([
    {
      user: 'alice',
      model: MODEL,
      inputText: 'a question without an answer',
      outputText: '',
      metadata: { 'audit.status': 'unfinished', 'audit.intent': true },
    },
  ])
  const entries = await log.query()
  expect(entries).toHaveLength(3) // the first question with its answer, and the intent
  expect(entries[1]?.metadata).toMatchObject({ 'audit.status': 'ok', 'audit.about': entries[0]?.entryId })
  await log.close()
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
