import { AuditLog, MemoryBackend } from '@audit/core'
import type { Leaf } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { redact } from '../src/index.ts'
import { recorded } from './scene.ts'

test('the same value has the same placeholder in the input, the output and the metadata', async () => {
  const entry = await recorded({
    inputText: 'From bob@example.com to alice@example.com, card 4111 1111 1111 1111',
    outputText: 'I wrote to alice@example.com.',
    metadata: { to: ['alice@example.com'], nested: { deep: [{ cc: 'carol@example.com' }] } },
  })
  expect(entry.inputText).toBe('From [EMAIL_1] to [EMAIL_2], card [CARD_1]')
  expect(entry.outputText).toBe('I wrote to [EMAIL_2].')
  expect(entry.metadata).toEqual({
    to: ['[EMAIL_2]'],
    nested: { deep: [{ cc: '[EMAIL_3]' }] },
    'audit.redacted': { rules: '1', email: 5, card: 1 },
  })
})

test('a key of an API is known by its name, in metadata as in JSON text', async () => {
  const key = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'
  const named = {
    api_key: key,
    AccountKey: key,
    headers: { 'x-api-key': key, authorization: `Bearer ${key}` },
  }
  const { inputText, metadata } = await recorded({
    inputText: JSON.stringify(named),
    metadata: { apiKey: key, named },
  })
  expect(inputText).not.toContain(key)
  expect(JSON.stringify(metadata)).not.toContain(key)
  expect(metadata).toMatchObject({
    apiKey: '[API_KEY_1]',
    named: { headers: { authorization: 'Bearer [API_KEY_1]' } },
  })
})

test('each entry counts for itself', async () => {
  const log = new AuditLog({ prepare: redact() })
  const input = { model: 'm', outputText: '' }
  await log.record({ ...input, inputText: 'alice@example.com' })
  expect((await log.record({ ...input, inputText: 'bob@example.com' })).inputText).toBe('[EMAIL_1]')
})

test('no byte of a value reaches the backend', async () => {
  const stored: string[] = []
  class Watched extends MemoryBackend {
    override append(leaves: readonly Leaf[]) {
      stored.push(JSON.stringify(leaves))
      return super.append(leaves)
    }
  }
  const log = new AuditLog({ backend: new Watched(), prepare: redact() })
  await log.record({
    model: 'm',
    inputText: 'a b@example.com',
    outputText: 'c@example.com',
    metadata: { x: ['d@example.com'] },
  })
  expect(stored.join()).toContain('[EMAIL_3]')
  expect(stored.join()).not.toContain('example.com')
  expect((await log.verify()).ok).toBe(true)
})

test('an entry says that it was redacted even where nothing was found', async () => {
  expect((await recorded({ inputText: 'hello' })).metadata).toEqual({ 'audit.redacted': { rules: '1' } })
})

test('what the input claims about its redaction is replaced, and what it hides there with it', async () => {
  const { metadata } = await recorded({ metadata: { 'audit.redacted': { email: 99, x: 'a@example.com' } } })
  expect(metadata).toEqual({ 'audit.redacted': { rules: '1' } })
})

test('the user, the model, the figures and the names of the metadata stay', async () => {
  const entry = await recorded({
    user: 'alice@example.com',
    model: 'ft:bob@example.com',
    costUsd: 0.25,
    latencyMs: 1764106471123,
    metadata: JSON.parse(
      '{"carol@example.com":1,"at":1764106471123456,"yes":true,"no":null,"__proto__":{"d":"e@example.com"}}',
    ),
  })
  expect(entry).toMatchObject({
    user: 'alice@example.com',
    model: 'ft:bob@example.com',
    costUsd: 0.25,
    latencyMs: 1764106471123,
  })
  expect(JSON.stringify(entry.metadata)).toBe(
    '{"carol@example.com":1,"at":1764106471123456,"yes":true,"no":null,"__proto__":{"d":"[EMAIL_1]"},"audit.redacted":{"rules":"1","email":1}}',
  )
})

test('inside the metadata, keys are redacted like values', async () => {
  const sent = { 'alice@example.com': 'sent', 'bob@example.com': ['[EMAIL_1]', { 4111111111111111: 1 }] }
  expect((await recorded({ metadata: { sent } })).metadata).toEqual({
    sent: { '[EMAIL_2]': 'sent', '[EMAIL_3]': ['[EMAIL_1]', { '[CARD_1]': 1 }] },
    'audit.redacted': { rules: '1', email: 2, card: 1 },
  })
})

test('a card that is a number in the metadata is redacted', async () => {
  const { metadata } = await recorded({ metadata: { pan: 4111111111111111, order: 4111111111111112 } })
  expect(metadata).toMatchObject({ pan: '[CARD_1]', order: 4111111111111112 })
  expect(
    (await recorded({ metadata: { pan: 4111111111111111 } }, { kinds: ['email'] })).metadata,
  ).toMatchObject({
    pan: 4111111111111111,
  })
})

test('tool arguments are redacted inside their JSON, which stays JSON', async () => {
  const call = JSON.stringify({ to: 'alice@example.com', note: 'Hi,\nbob@example.com\t4111111111111111' })
  const { inputText } = await recorded({ inputText: `send(${JSON.stringify(call)})`, metadata: { call } })
  expect(JSON.parse(JSON.parse(inputText.slice('send('.length, -1)))).toEqual({
    to: '[EMAIL_1]',
    note: 'Hi,\n[EMAIL_2]\t[CARD_1]',
  })
})

test('where a value ends does not depend on how the answer was streamed', async () => {
  const chunks = ['ali', 'ce@exa', 'mple.c', 'om and 41', '11 1111 1111 11', '11']
  expect((await recorded({ outputText: chunks.join('') })).outputText).toBe('[EMAIL_1] and [CARD_1]')
})
