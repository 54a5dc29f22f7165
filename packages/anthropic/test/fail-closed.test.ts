import { type CaptureOptions, createCapture, type RecordingLog } from '@audit/capture'
import { BROKEN_LOGS, DOWN } from '@audit/capture-harness'
import { AuditError, AuditLog, type EntryInput, MemoryBackend } from '@audit/core'
import type { Behaviour } from '@audit/harness'
import { ANSWER, type Form } from '@audit/harness/situations'
import { providerServer } from '@audit/harness/vitest'
import { describe, expect, test } from 'vitest'
import { addressOf, ask, askAndRead, type Play } from './observed.ts'
import { SDKS, type Sdk } from './sdks.ts'
import { streamHelper } from './situations.ts'

const server = await providerServer()

const CELLS = SDKS.flatMap(sdk =>
  (['json', 'stream'] as const).map(form => ({ sdk, form, version: sdk.version })),
)

function setUp(
  { sdk, form }: { readonly sdk: Sdk; readonly form: Form },
  options: CaptureOptions,
  behaviour?: Behaviour,
) {
  const scene = server.scene(behaviour)
  const capture = createCapture(options)
  const client = sdk.create({ baseURL: addressOf(scene) }, capture)
  const play: Play = { client, api: 'messages', form, seen: [], sdk, scene }
  return { scene, capture, play }
}

async function failureOf(calling: Promise<unknown>) {
  return calling.then(
    () => expect.fail('the call returned'),
    (error: Error & { code?: unknown; cause?: unknown }) => error,
  )
}

describe.each(CELLS)('$version, $form', cell => {
  test.each(BROKEN_LOGS)(
    'with the log $name, the call fails, says why, and is billed once',
    async ({ create, code, isWithheld }) => {
      const { play, scene, capture } = setUp(cell, { log: create() })
      const error = await failureOf(askAndRead(play))
      expect(error).toBeInstanceOf(AuditError)
      expect(error.code).toBe(code)
      expect(Object(error.cause).code).toBe(isWithheld ? undefined : code)
      expect(scene).toMatchObject({ requests: 1, billed: 1 })
      expect(JSON.stringify(play.seen)).not.toMatch(/message_stop/)
      await capture.drain() // the failure was met, so there is nothing left to say
    },
  )

  test('with the log down, a call that failed anyway says so, and sends nothing more', async () => {
    const { play, scene, capture } = setUp(cell, { log: DOWN }, 'failing')
    const error = await failureOf(askAndRead(play))
    expect(error.code).toBe('AUDIT_WRITE_FAILED')
    expect(scene).toMatchObject({ requests: cell.sdk.hasMiddleware ? 3 : 1, billed: 0 })
    await capture.drain()
  })

  test('by choice it goes on, and the failure is reported with what should have been recorded', async () => {
    const reported: [Error, EntryInput][] = []
    const onAuditFailure = (error: Error, draft: EntryInput) => void reported.push([error, draft])
    const { play, scene, capture } = setUp(cell, { log: DOWN, onAuditFailure })
    await askAndRead(play)
    await capture.drain()
    expect(play.seen.length).toBeGreaterThan(0)
    expect(reported).toMatchObject([[{ code: 'AUDIT_WRITE_FAILED' }, { outputText: ANSWER }]])
    expect(scene.billed).toBe(1)
  })

  test('with a slow log, the end of the answer waits until the entry is stored, and nothing else does', async () => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    let seenBefore = 0
    let isStored = false
    const slow: RecordingLog = {
      record: async input => {
        await new Promise(setImmediate) // for whatever does not wait
        seenBefore = play.seen.length
        const entry = await log.record(input)
        isStored = true
        return entry
      },
    }
    const { play, capture } = setUp(cell, { log: slow })
    await askAndRead(play)
    expect(isStored).toBe(true)
    expect(seenBefore).toBe(play.seen.length - 1)
    await capture.drain()
    expect(await log.count()).toBe(1)
  })

  test('an intent that cannot be stored keeps the request from leaving', async () => {
    const { play, scene } = setUp(cell, { log: DOWN, intent: true })
    const error = await failureOf(askAndRead(play))
    expect(error.code).toBe('AUDIT_WRITE_FAILED')
    expect(scene.requests).toBe(0)
  })

  test('a failure that nobody can be told of makes drain() reject', async () => {
    const { play, capture } = setUp(cell, { log: DOWN })
    const warned = new Promise<Error>(resolve => process.once('warning', resolve))
    const answer = await ask(play).asResponse()
    expect(answer.ok).toBe(true)
    await expect(capture.drain()).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    await expect(warned).resolves.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    await capture.drain()
  })

  test('who cannot be named asks nothing', async () => {
    const user = () => {
      throw new RangeError('no session')
    }
    const { play, scene } = setUp(cell, { log: new AuditLog({ backend: new MemoryBackend() }), user })
    const error = await failureOf(askAndRead(play))
    // A version without middleware takes what its fetch rejects with for a failed connection.
    expect(cell.sdk.hasMiddleware ? error : error.cause).toBeInstanceOf(RangeError)
    expect(scene.requests).toBe(0)
  })
})

test.each(SDKS.map(sdk => ({ sdk, version: sdk.version })))(
  'with $version, stream() wraps the error in one of its own, whose cause it is',
  async ({ sdk }) => {
    const { play, scene } = setUp({ sdk, form: 'stream' }, { log: DOWN })
    const error = await failureOf(streamHelper(play))
    expect(error).not.toBeInstanceOf(AuditError)
    expect(error.cause).toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(scene.billed).toBe(1)
  },
)
