import { type AuditEntry, createEntry, type JsonObject, placeEntry } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { messagesOf } from '../src/view/page/messages.ts'

function entryWith(metadata: JsonObject): AuditEntry {
  return placeEntry(createEntry({ model: 'm', inputText: 'asked', outputText: 'answered', metadata }), 0)
}

const askedWith = (...messages: readonly JsonObject[]) =>
  messagesOf(entryWith({ 'gen_ai.input.messages': messages })).slice(0, -1)

test('without exact messages a conversation is the two texts, whatever they say', () => {
  expect(messagesOf(entryWith({ 'gen_ai.input.messages': ['no message'] }))).toEqual([
    { role: 'user', text: 'asked' },
    { role: 'assistant', text: 'answered' },
  ])
})

test('nothing of a message is left out: calls of tools, their ids, parts that are no text', () => {
  const call = { id: 'c1', function: { name: 'search', arguments: '{}' } }
  const calls = JSON.stringify({ tool_calls: [call] })
  const shown = askedWith(
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'assistant', content: 'I look.', tool_calls: [call] },
    { role: 'tool', tool_call_id: 'c1', content: 'found' },
    { role: 'user', parts: [{ type: 'text', content: 'and' }, { type: 'refusal', refusal: 'no' }, 'odd'] },
    { role: 'user', content: { odd: true } },
  )
  expect(shown.map(({ text }) => text)).toEqual([
    calls,
    `I look.\n${calls}`,
    'found\n{"tool_call_id":"c1"}',
    'and\n{"type":"refusal","refusal":"no"}\n"odd"',
    '{"odd":true}',
  ])
})

test('a picture is named and not spelt out, and a readable text is', () => {
  const base64 = 'iVBORw0KGgo='.repeat(100)
  const text = 'data:text/plain,read me '.repeat(100)
  const [message] = askedWith({
    role: 'user',
    content: [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${base64}` } },
      { type: 'image', source: { data: base64 } },
      { type: 'other', url: text },
    ],
  })
  expect(message?.text).not.toContain(base64)
  expect(message?.text).toContain('data:image/png;base64,… (1,222 characters)')
  expect(message?.text).toContain(text)
})
