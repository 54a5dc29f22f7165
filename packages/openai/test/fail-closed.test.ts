import { createCapture, type RecordingLog } from '@audit/capture'
import { BROKEN_LOGS, DOWN } from '@audit/capture-harness'
import { AuditError, AuditLog, type EntryInput, MemoryBackend } from '@audit/core'
import type { Behaviour } from '@audit/harness'
import type { Form } from '@audit/harness/situations'
import { providerServer } from '@audit/harness/vitest'
import { describe, expect, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'
import { type Api, ask, askAndRead, type Play } from './observed.ts'
import { SDKS } from './sdks.ts'
import { streamHelper, toolLoop } from './situations.ts'

const server = await providerServer()

const CELLS = SDKS.flatMap(sdk =>
  (['chat', 'responses'] as const).flatMap(api =>
    (['json', 'stream'] as const).map(form => ({ sdk, api, form })),
  ),
)
const NAMED = CELLS.map(cell => ({ ...cell, major: cell.sdk.major }))

function setUp(
  { sdk, api, form }: { sdk: (typeof SDKS)[number]; api: Api; form: Form },
  log: RecordingLog,
  options: {
    behaviour?: Behaviour
    onAuditFailure?: (error: Error, draft: EntryInput) => void
    intent?: boolean
  } = {},
) {
  const { behaviour, ...captureOptions } = options
  const scene = server.scene(behaviour)
  const capture = createCapture({ log, ...captureOptions })
  const client = auditOpenAI(sdk.create({ baseURL: scene.url, apiKey: 'none' }), capture)
  const play: Play = { client, api, form, seen: [], major: sdk.major, scene }
  return { scene, capture, play }
}

async function failureOf(calling: Promise<unknown>) {
  return calling.then(
    () => expect.fail('the call returned'),
    (error: Error & { code?: unknown; cause?: unknown }) => error,
  )
}

describe.each(NAMED)('openai $major, $api, $form', cell => {
  test.each(BROKEN_LOGS)(
    'with the log $name, the call fails, says why, and is billed once',
    async ({ create, code, isWithheld }) => {
      const { play, scene, capture } = setUp(cell, create())
      const error = await failureOf(askAndRead(play))
      expect(error.code).toBe(code)
      const isWrapped = cell.major === 4 && cell.form === 'json' // by a FetchError, which drops it
      expect(Object(error.cause).code).toBe(isWithheld || isWrapped ? undefined : code)
      expect(scene).toMatchObject({ requests: 1, billed: 1 })
      const last = JSON.stringify(play.seen.at(-1) ?? '')
      expect(last).not.toMatch(/response\.completed/)
      await capture.drain() // the failure was met, so there is nothing left to say
    },
  )

  test('with the log down, a call that failed anyway says so, and sends nothing more', async () => {
    const { play, scene } = setUp(cell, DOWN, { behaviour: 'failing' })
    const error = await failureOf(askAndRead(play))
    expect(error.code).toBe('AUDIT_WRITE_FAILED')
    expect(scene).toMatchObject({ requests: 3, billed: 0 })
  })

  test('by choice it goes on, and the failure is reported with what should have been recorded', async () => {
    const reported: [Error, EntryInput][] = []
    const { play, scene, capture } = setUp(cell, DOWN, {
      onAuditFailure: (error, draft) => void reported.push([error, draft]),
    })
    await askAndRead(play)
    await capture.drain()
    expect(play.seen.length).toBeGreaterThan(0)
    expect(reported).toHaveLength(1)
    expect(reported[0]?.[0]).toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(reported[0]?.[1]).toMatchObject({ outputText: 'You said: one two three four five six' })
    expect(scene.billed).toBe(1)
  })

  test('with a slow log, the end of the answer waits until the entry is stored, and nothing else does', async () => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    let seenBefore = 0
    let release = () => {}
    const asked = new Promise<void>(resolve => {
      release = resolve
    })
    let stored = false
    const slow: RecordingLog = {
      record: async input => {
        seenBefore = play.seen.length
        setImmediate(release)
        await asked
        const entry = await log.record(input)
        stored = true
        return entry
      },
    }
    const { play, scene, capture } = setUp(cell, slow)
    await askAndRead(play)
    expect(stored).toBe(true)
    expect(scene.billed).toBe(1)
    // All events but the last one, which for a chat is [DONE] and never shown.
    const all = play.seen.length
    expect(seenBefore).toBe(cell.form === 'json' ? 0 : cell.api === 'chat' ? all : all - 1)
    await capture.drain()
    expect(await log.count()).toBe(1)
  })

  test('an intent that cannot be stored keeps the request from leaving', async () => {
    const { play, scene } = setUp(cell, DOWN, { intent: true })
    const error = await failureOf(askAndRead(play))
    expect(error.code).toBe('AUDIT_WRITE_FAILED')
    expect(scene.requests).toBe(0)
  })

  test('by choice an intent that cannot be stored is reported, and the request leaves', async () => {
    const reported: EntryInput[] = []
    const { play, scene, capture } = setUp(cell, DOWN, {
      intent: true,
      onAuditFailure: (_, draft) => void reported.push(draft),
    })
    await askAndRead(play)
    await capture.drain()
    expect(scene.requests).toBe(1)
    expect(reported.map(({ metadata }) => Object(metadata)['audit.intent'])).toEqual([true, undefined])
  })

  test('a failure that nobody can be told of makes drain() reject', async () => {
    const { play, capture } = setUp(cell, DOWN)
    const warned = new Promise<Error>(resolve => process.once('warning', resolve))
    const answer = await ask(play).asResponse()
    expect(answer.ok).toBe(true)
    await expect(capture.drain()).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    await expect(warned).resolves.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    await capture.drain()
  })

  test('who cannot be named asks nothing', async () => {
    const log = new AuditLog({ backend: new MemoryBackend() })
    const scene = server.scene()
    const user = () => {
      throw new RangeError('no session')
    }
    const capture = createCapture({ log, user })
    const client = auditOpenAI(cell.sdk.create({ baseURL: scene.url, apiKey: 'none' }), capture)
    // The SDK's promise rejects: nothing is thrown past a `.catch()`.
    await expect(ask({ client, ...cell, seen: [], scene })).rejects.toThrow(RangeError)
    expect(scene.requests).toBe(0)
  })
})

describe.each(SDKS.map(sdk => ({ sdk, major: sdk.major })))('openai $major', ({ sdk }) => {
  test.each([
    ['stream()', streamHelper],
    ['runTools()', toolLoop],
  ])('%s wraps the error in one of its own, whose cause it is', async (_, helper) => {
    const cell = { sdk, api: 'chat', form: 'stream' } as const
    const { play, scene } = setUp(cell, DOWN)
    const error = await failureOf(helper(play))
    expect(error).not.toBeInstanceOf(AuditError)
    expect(error.cause).toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(scene.billed).toBe(1)
  })
})
