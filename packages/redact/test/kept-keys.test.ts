import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AuditLog } from '@audit/core'
import { expect, test } from 'vitest'
import { ID_KEYS, KEPT_KEYS, type RedactOptions, redact } from '../src/index.ts'
import { recorded } from './scene.ts'

const PERSONAL = { id: 'alice@example.com 4111111111111111', deep: ['bob@example.com'] }

test('the keys that capturing a call writes stay, whatever they hold', async () => {
  const metadata = Object.fromEntries(KEPT_KEYS.map(key => [key, PERSONAL]))
  const entry = await recorded({ metadata: { ...metadata, nested: metadata, other: 4111111111111111 } })
  expect(entry.metadata).toMatchObject({ ...metadata, other: '[CARD_1]' })
  expect(JSON.stringify(entry.metadata.nested)).not.toContain('example.com') // only at the top
  expect(KEPT_KEYS).toEqual(expect.arrayContaining(['audit.about', 'audit.intent', 'gen_ai.response.id']))
  expect(KEPT_KEYS).not.toContain('gen_ai.input.messages')
})

test('an id of a conversation stays, but for what names a person', async () => {
  const written = async (id: string, options: RedactOptions = {}) =>
    (await recorded({ metadata: { 'gen_ai.conversation.id': id } }, options)).metadata[
      'gen_ai.conversation.id'
    ]
  for (const id of ['482590882138558637', '4111111111111111', '2125550123', randomUUID(), 'thread-17']) {
    expect(await written(id, { country: 'US' })).toBe(id)
  }
  expect(await written('alice@example.com')).toBe('[EMAIL_1]')
  expect(await written('whatsapp:+12125550123')).toBe('whatsapp:[PHONE_1]')
  expect(await written('P-004711', { also: [{ kind: 'patient', pattern: /P-\d{6}/ }] })).toBe('[PATIENT_1]')
  expect(ID_KEYS).toEqual(['gen_ai.conversation.id'])
})

test('what an entry is about is found, whatever its id', async () => {
  const log = new AuditLog({ prepare: redact() })
  const input = { model: 'm', inputText: '', outputText: '' }
  const id = 'be955760-26c7-4585-8e1b-be955760aaaa'
  await log.record({ ...input, metadata: { 'audit.about': id } })
  expect(await log.count({ metadata: { 'audit.about': id } })).toBe(1)
})

test('the README names all of these keys', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  for (const key of [...KEPT_KEYS, ...ID_KEYS]) expect(readme).toContain(`\`${key}\``)
})
