import { spawn } from 'node:child_process'
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { outcomeOf } from '@audit/harness'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BODY } from './observed.ts'
import { WITH_MIDDLEWARE } from './sdks.ts'

const refused = (headers: Record<string, string>) =>
  Response.json({ type: 'error', error: { type: 'rate_limit_error' } }, { status: 429, headers })

test('a long wait that the application aborts does not keep the process alive', async () => {
  const program = `
    import Anthropic from '@anthropic-ai/sdk'
    import { auditMiddleware } from '@audit/anthropic'
    import { createCapture } from '@audit/capture'
    import { AuditLog } from '@audit/core'
    const log = new AuditLog()
    const capture = createCapture({ log })
    const stop = new AbortController()
    const fetch = async () => {
      setTimeout(() => stop.abort(), 50)
      return Response.json({ error: {} }, { status: 429, headers: { 'retry-after': '3600' } })
    }
    const anthropic = new Anthropic({ apiKey: 'none', fetch, middleware: [auditMiddleware(capture)] })
    await anthropic.messages.create(${JSON.stringify(BODY)}, { signal: stop.signal }).catch(() => undefined)
    await capture.close()
    const [{ metadata }] = await log.query()
    process.exitCode = metadata['audit.status'] === 'aborted' ? 0 : 1`
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', program], {
    cwd: new URL('.', import.meta.url),
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  expect(await outcomeOf(child)).toMatchObject({ exitCode: 0 })
})

describe.each(WITH_MIDDLEWARE)('$version', sdk => {
  test.each([
    ['a refusal', () => refused({ 'retry-after-ms': '300' })],
    ['a failed connection', () => Promise.reject(new TypeError('fetch failed'))],
  ])('after drain() during the wait behind %s nothing is sent any more', async (_, answer) => {
    const log = new AuditLog()
    const capture = createCapture({ log })
    let requests = 0
    let first: (() => void) | undefined
    const sent = new Promise<void>(resolve => {
      first = resolve
    })
    const fetch = async () => {
      requests++
      first?.()
      return answer()
    }
    const call = sdk.create({ fetch }, capture).messages.create(BODY)
    const failure = call.then(
      () => undefined,
      error => error,
    )
    await sent
    while ((await log.count()) === 0) {
      await new Promise(setImmediate)
      await capture.drain()
    }
    expect(await failure).toBeDefined()
    await capture.drain()
    expect(requests).toBe(1)
    expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'error' } }])
  })
})
