import { AuditLog } from '@audit/core'
import { providerServer } from '@audit/harness/vitest'
import { expect, onTestFinished, test } from 'vitest'
import { auditFetch, createCapture, type Fetch, type Tries } from '../src/index.ts'

const server = await providerServer()

function bench() {
  const log = new AuditLog()
  const scene = server.scene()
  const capture = createCapture({ log, hosts: [new URL(scene.url).host] })
  onTestFinished(() => capture.close())
  const ask = async (send: Fetch, content: string, model = 'mistral-small') => {
    const body = JSON.stringify({ model, messages: [{ role: 'user', content }] })
    return (await send(`${scene.url}/chat/completions`, { method: 'POST', body })).json()
  }
  const asked = async () => (await log.query()).map(({ inputText }) => inputText).toSorted()
  return { log, scene, capture, ask, asked }
}

test('a request that two wrappers see is one entry', async () => {
  const { log, capture, ask } = bench()
  await ask(
    auditFetch(capture, { fetch: auditFetch(capture, { provider: 'inner' }), provider: 'outer' }),
    'Hi',
  )
  expect(await log.query()).toMatchObject([{ metadata: { 'gen_ai.provider.name': 'outer' } }])
})

test('a request that a fetch of the application adds to is one entry', async () => {
  const { capture, ask, asked } = bench()
  const inner = auditFetch(capture)
  const adding: Fetch = (input, init) =>
    inner(input, { ...init, body: JSON.stringify({ ...JSON.parse(String(init?.body)), seed: 1 }) })
  await ask(auditFetch(capture, { fetch: adding }), 'Hi')
  expect(await asked()).toEqual(['Hi'])
})

test.each([
  ['another question', 'Is this safe?', 'mistral-small'],
  ['another model', 'Hi', 'guard'],
])('a call with %s within the sending of a call is an entry of its own', async (_, question, model) => {
  const { log, scene, capture, ask } = bench()
  const send = auditFetch(capture)
  const guarded = auditFetch(capture, {
    fetch: async (...request) => {
      await ask(send, question, model)
      return fetch(...request)
    },
  })
  await ask(guarded, 'Hi')
  expect(await log.query()).toHaveLength(2)
  expect(scene.requests).toBe(2)
})

test.each(['before', 'after'])(
  'a guard that asks in the same words %s the request has its entry',
  async when => {
    const { log, capture, ask } = bench()
    let requests = 0
    const provider: Fetch = async () =>
      Response.json({ id: `r-${++requests}`, choices: [{ message: { content: `answer ${requests}` } }] })
    const inner = auditFetch(capture, { fetch: provider })
    const guard: Fetch = (input, init) =>
      inner(input, { ...init, body: JSON.stringify({ ...JSON.parse(String(init?.body)), temperature: 0.5 }) })
    const guarded = auditFetch(capture, {
      fetch: async (...request) => {
        if (when === 'before') await ask(guard, 'Hi')
        const response = await provider(...request)
        if (when === 'after') await ask(guard, 'Hi')
        return response
      },
    })
    await ask(guarded, 'Hi')
    expect((await log.query()).map(({ outputText }) => outputText).toSorted()).toEqual([
      'answer 1',
      'answer 2',
    ])
  },
)

test('a worker that a call has started records its own calls', async () => {
  const { scene, capture, ask, asked } = bench()
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let worker: Promise<unknown> | undefined
  const send = auditFetch(capture, {
    fetch: (...request) => {
      worker ??= ended.then(() => ask(send, 'Hi')) // the same question, when the call that started it has ended
      return fetch(...request)
    },
  })
  await ask(send, 'Hi')
  end()
  await worker
  expect(await asked()).toEqual(['Hi', 'Hi'])
  expect(capture.coverage()).toMatchObject({ requests: 2, claimed: 2 })
  expect(scene.requests).toBe(2)
})

test('what a worker sends that a call has started is not claimed by that call', async () => {
  const { capture, ask } = bench()
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let worker: Promise<unknown> | undefined
  const send = auditFetch(capture, {
    fetch: (...request) => {
      worker ??= ended.then(() => ask(fetch, 'past every integration'))
      return fetch(...request)
    },
  })
  await ask(send, 'Hi')
  end()
  await worker
  expect(capture.coverage()).toMatchObject({ requests: 2, claimed: 1 })
})

const MIDDLEWARE = { provider: 'outer', operation: 'chat', input: 'Hi' }

test('a call of a middleware is left to the wire, if it asks the same model', async () => {
  const { log, capture, ask } = bench()
  const call = capture.begin({ ...MIDDLEWARE, requestModel: 'mistral-small' })
  await call.run(() => ask(auditFetch(capture, { provider: 'wire' }), 'Hi'))
  await call.end({ status: 'ok', output: 'You said: Hi' })
  expect(await log.query()).toMatchObject([{ metadata: { 'gen_ai.provider.name': 'wire' } }])
})

test('a call of a middleware keeps its entry beside a call of another model', async () => {
  const { capture, ask, asked } = bench()
  const call = capture.begin({ ...MIDDLEWARE, requestModel: 'acme-1' })
  await call.run(() => ask(auditFetch(capture), 'Is this safe?', 'guard'))
  await call.end({ status: 'ok' })
  expect(await asked()).toEqual(['Hi', 'Is this safe?'])
})

test('a call of a middleware within the sending of a request leaves both their entries', async () => {
  const { log, capture, ask, asked } = bench()
  const send = auditFetch(capture, {
    fetch: async (...request) => {
      await capture
        .begin({ ...MIDDLEWARE, input: 'guard', requestModel: 'mistral-small' })
        .end({ status: 'ok' })
      return fetch(...request)
    },
  })
  await ask(send, 'Hi')
  expect(await asked()).toEqual(['Hi', 'guard'])
  expect(await log.count()).toBe(2)
})

test('a request that leaves while an SDK makes a call is no try of that call', async () => {
  const { capture, ask, asked } = bench()
  const by = { integration: 'an-sdk', version: '1', level: 'wire' } as const
  const own = auditFetch(capture, { by })
  const raw = auditFetch(capture)
  const tries: Tries = { by, most: 3, startedAt: performance.now() }
  await capture.withTries(tries, async () => {
    await ask(raw, 'for a key')
    expect(tries.call).toBeUndefined()
    await ask(own, 'Hi')
    expect(tries.call?.hasEnded).toBe(true)
  })
  expect(await asked()).toEqual(['Hi', 'for a key'])
})
