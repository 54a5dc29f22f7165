import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { auditMiddleware as auditModels } from '@audit/ai-sdk'
import { auditMiddleware as auditMessages } from '@audit/anthropic'
import { type Capture, createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { BudgetExceededError, CostTracker } from '@audit/cost'
import { providerServer } from '@audit/harness/vitest'
import { AuditCallbackHandler, auditModel } from '@audit/langchain'
import { auditOpenAI } from '@audit/openai'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, wrapLanguageModel } from 'ai'
import OpenAI from 'openai'
import { expect, test } from 'vitest'

const server = await providerServer()

const MODEL = 'gpt-4o-mini'
const MESSAGES = [{ role: 'user' as const, content: 'Hello' }]

/** What asks a model once, and reads its answer to the end. */
type Client = (url: string, capture: Capture) => () => Promise<unknown>

const openai: Client = (url, capture) => {
  const client = auditOpenAI(new OpenAI({ apiKey: 'none', baseURL: url }), capture)
  return () => client.chat.completions.create({ model: MODEL, messages: MESSAGES })
}

const openaiStream: Client = (url, capture) => {
  const client = auditOpenAI(new OpenAI({ apiKey: 'none', baseURL: url }), capture)
  return async () => {
    const parts = await client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
    for await (const _ of parts);
  }
}

const anthropic: Client = (url, capture) => {
  const options = { apiKey: 'none', baseURL: url.replace(/\/v1$/, ''), middleware: [auditMessages(capture)] }
  const client = new Anthropic(options)
  return () => client.messages.create({ model: 'claude', max_tokens: 9, messages: MESSAGES })
}

const aiSdk: Client = (url, capture) => {
  const { chat } = createOpenAI({ apiKey: 'none', baseURL: url })
  const model = wrapLanguageModel({ model: chat(MODEL), middleware: auditModels(capture) })
  return () => generateText({ model, prompt: 'Hello' })
}

const chain = (url: string) =>
  new ChatOpenAI({ model: MODEL, apiKey: 'none', configuration: { baseURL: url } })

const langchain: Client = (url, capture) => {
  const model = auditModel(chain(url), capture)
  return () => model.invoke('Hello')
}

const langchainHandler: Client = (url, capture) => {
  const callbacks = [new AuditCallbackHandler(capture)]
  return () => chain(url).invoke('Hello', { callbacks })
}

/** Each call costs 10 cents. */
const dime = () => ({ costUsd: 0.1, source: 'test', version: '1', model: 'any' })

test.each([
  ['openai', openai],
  ['openai, a stream', openaiStream],
  ['anthropic', anthropic],
  ['ai-sdk', aiSdk],
  ['langchain', langchain],
  ['langchain, by its handler', langchainHandler],
] satisfies [string, Client][])(
  'a loop in one scope stops once its budget is used up: %s',
  async (_, client) => {
    const log = new AuditLog()
    const tracker = new CostTracker({ budgets: { agent: 0.15 }, price: dime })
    const capture = createCapture({ log, price: tracker.price })
    const scene = server.scene()
    const ask = client(scene.url, capture)

    const loop = tracker.scope('agent', async () => {
      for (let i = 0; i < 20; i++) await ask()
    })
    await expect(loop).rejects.toSatisfy(error => error instanceof BudgetExceededError)
    await expect(loop).rejects.toMatchObject({ code: 'AUDIT_BUDGET_EXCEEDED', scope: 'agent', costUsd: 0.2 })
    await capture.drain()
    expect([scene.requests, await log.count(), tracker.total('agent').count]).toEqual([2, 2, 2])
    expect(tracker.total('agent').latencyMs).toBeGreaterThan(0)

    await ask() // outside of the scope
    expect(await log.count()).toBe(3)
    await capture.close()
  },
)

test('an answer that is read outside of the scope counts for the scope that asked', async () => {
  const tracker = new CostTracker({ budgets: { agent: 0.05 }, price: dime })
  const capture = createCapture({ log: new AuditLog(), price: tracker.price })
  const scene = server.scene()
  const client = auditOpenAI(new OpenAI({ apiKey: 'none', baseURL: scene.url }), capture)
  const ask = () => client.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
  const parts = await tracker.scope('agent', ask)
  for await (const _ of parts);
  expect(tracker.total('agent').costUsd).toBe(0.1)
  expect(() => tracker.scope('agent', ask)).toThrow(BudgetExceededError)
  expect(scene.requests).toBe(1)
  await capture.close()
})
