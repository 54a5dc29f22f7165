import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { describe, expect, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'
import { SDKS } from './sdks.ts'

const question = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hi' }] }

describe.each(SDKS)('openai $major', sdk => {
  test('after drain() during a wait nothing is sent any more, and the call is one entry', async () => {
    const log = new AuditLog()
    const capture = createCapture({ log })
    let requests = 0
    const fetch = async () => {
      requests++
      return Response.json({ error: {} }, { status: 429, headers: { 'retry-after-ms': '300' } })
    }
    const client = auditOpenAI(sdk.create({ apiKey: 'none', fetch }), capture)
    const failure = client.chat.completions.create(question).then(
      () => undefined,
      error => error,
    )
    while ((await log.count()) === 0) {
      await new Promise(setImmediate)
      if (requests > 0) await capture.drain()
    }
    expect(await failure).toMatchObject({ code: 'AUDIT_CLOSED' })
    await capture.drain()
    expect(requests).toBe(1)
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'error', 'error.type': '429' } }])
  })

  test('a signal that is not of the platform aborts a call', async () => {
    const log = new AuditLog()
    const capture = createCapture({ log })
    const stop = new AbortController()
    const fetch: typeof globalThis.fetch = async (_, init) => {
      setTimeout(() => stop.abort(), 10)
      return new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    }
    const client = auditOpenAI(sdk.create({ apiKey: 'none', fetch }), capture)
    const { signal } = stop
    const standIn: object = {
      get aborted() {
        return signal.aborted
      },
      addEventListener: signal.addEventListener.bind(signal),
      removeEventListener: signal.removeEventListener.bind(signal),
    }
    await expect(
      client.chat.completions.create(question, { signal: standIn as AbortSignal }), // as packages make them
    ).rejects.toThrow()
    await capture.drain()
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'aborted' } }])
  })
})
