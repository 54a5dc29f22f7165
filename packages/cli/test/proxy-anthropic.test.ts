import { truncateSync } from 'node:fs'
import Anthropic from '@anthropic-ai/sdk'
import type { Behaviour } from '@audit/harness'
import { providerServer } from '@audit/harness/vitest'
import { describe, expect, test } from 'vitest'
import { allOf } from './all-of.ts'
import { type ProxyOptions, startProxy, upstream } from './proxy-fixture.ts'

const server = await providerServer()

const question = {
  model: 'claude-of-the-test',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'a question of some words' }],
}

const CALLS: readonly (readonly [name: string, call: (client: Anthropic) => Promise<unknown>])[] = [
  ['messages', client => client.messages.create(question)],
  ['messages, streamed', async client => allOf(await client.messages.create({ ...question, stream: true }))],
  ['messages.stream', client => client.messages.stream(question).finalMessage()],
]

const client = (baseURL: string, defaultHeaders: Record<string, string> = {}) =>
  new Anthropic({ baseURL, apiKey: 'sk-ant-none', defaultHeaders })

async function proxied(behaviour: Behaviour, options: ProxyOptions = {}) {
  const scene = server.scene(behaviour)
  const args = [...upstream(scene, 'anthropic'), ...(options.args ?? [])]
  const proxy = await startProxy({ ...options, args })
  return { scene, proxy, baseURL: `${proxy.address}/anthropic` }
}

/** What a call gave, or how it failed, as the application sees it. */
async function outcomeOf(calling: Promise<unknown>) {
  return calling.then(
    value => ({ value: JSON.parse(JSON.stringify(value)) }),
    (error: Error & { status?: unknown }) => ({ error: error.constructor.name, status: error.status }),
  )
}

describe.each(CALLS)('%s', (_, call) => {
  test('is as without a proxy, and is recorded once', async () => {
    const { proxy, scene, baseURL } = await proxied('fine')
    const direct = await call(client(scene.url.replace(/\/v1$/, '')))
    const through = await call(client(baseURL, { 'x-audit-user': 'alice', 'x-audit-session': 's-1' }))
    expect(JSON.parse(JSON.stringify(through))).toEqual(JSON.parse(JSON.stringify(direct)))
    const [entry, ...others] = await proxy.entries()
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      user: 'alice',
      model: 'claude-of-the-test',
      inputText: 'a question of some words',
      outputText: 'You said: a question of some words',
      metadata: {
        'audit.status': 'ok',
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.conversation.id': 's-1',
        'gen_ai.usage.output_tokens': expect.any(Number),
      },
    })
  })

  test.each(['refused', 'failing', 'rate-limited', 'no-done', 'gzip'] as const)(
    'of a provider that is %s ends as without a proxy',
    async behaviour => {
      const alone = server.scene(behaviour)
      const direct = await outcomeOf(call(client(alone.url.replace(/\/v1$/, ''))))
      const { proxy, scene, baseURL } = await proxied(behaviour)
      expect(await outcomeOf(call(client(baseURL)))).toEqual(direct)
      expect(scene.requests).toBe(alone.requests)
      expect(await proxy.entries()).toHaveLength(scene.requests)
    },
  )

  test('fails where it cannot be recorded, says why, and is billed once', async () => {
    const { proxy, scene, baseURL } = await proxied('fine', { log: 'audit.jsonl' })
    await call(client(baseURL))
    truncateSync(proxy.path, 10)
    await expect(call(client(baseURL))).rejects.toThrow('AUDIT_CORRUPT')
    expect(scene).toMatchObject({ requests: 2, billed: 2 })
  })
})
