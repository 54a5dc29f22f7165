import { type AuditBackend, type AuditEntry, AuditLog, type EntryInput, type JsonObject } from '@audit/core'
import type { BackendPlace } from '@audit/testkit'
import { BACKEND_IDS } from '@audit/torture/backends'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newPlace } from './backends.ts'

const PAYLOADS: Readonly<Record<string, string>> = {
  'SQL that ends the statement': "'); DROP TABLE audit_log; --",
  'SQL in double quotes': '"; DELETE FROM audit_log WHERE "1"="1',
  'an SQL wildcard': '%',
  JSON: '{"user":"admin"}',
  'a JSON string that ends': '","model":"forged","x":"',
  'a line of a log': '\n{"cost_usd":null,"entry_id":"x"}\n',
  'line ends of all kinds': '\r\n\u0085\u2028\u2029\v\f',
  'terminal escapes': '\u001b[2J\u001b]0;owned\u0007\u009b31m',
  'a prototype': '__proto__',
  'a constructor': 'constructor',
  'a path': '../../etc/passwd\0.db',
  'a template': '{{7*7}}<%= process.exit(1) %>',
  'text from right to left': '\u202egnp.exe\u2066',
  'a byte order mark': '\ufeff',
}

const base: EntryInput = { model: 'm', inputText: 'question', outputText: 'answer', metadata: {} }

/** The payload in each field. `JSON.parse` makes `__proto__` a key of its own. */
const fieldsWith = (payload: string): readonly EntryInput[] => [
  { ...base, model: payload },
  { ...base, user: payload },
  { ...base, inputText: payload },
  { ...base, outputText: payload },
  { ...base, metadata: { key: payload } },
  { ...base, metadata: JSON.parse(`{${JSON.stringify(payload)}:[${JSON.stringify(payload)}]}`) },
]

describe.each(BACKEND_IDS)('%s', id => {
  let place: BackendPlace
  let backend: AuditBackend
  let log: AuditLog

  const open = () => {
    backend = place.open()
    log = new AuditLog({ backend })
  }
  /** Where the log is kept, as another process would find it. */
  const reopen = async () => {
    if (!backend.supports.persistence) return
    await log.close()
    open()
  }

  beforeEach(async () => {
    place = await newPlace(id)
    open()
  })
  afterEach(async () => {
    await log.close()
    await place.teardown()
  })

  test.each(Object.entries(PAYLOADS))(
    '%s is stored as it is, in every field, and is nothing but text',
    async (_, payload) => {
      const inputs = fieldsWith(payload)
      const recorded: AuditEntry[] = []
      for (const input of [base, ...inputs, base]) recorded.push(await log.record(input))
      await reopen()
      const found = await log.query()
      expect(found).toEqual(recorded)
      for (const [i, input] of inputs.entries()) expect(found[i + 1]).toMatchObject(input)
      expect(await log.query({ model: payload })).toEqual([recorded[1]])
      expect(await log.query({ user: payload })).toEqual([recorded[2]])
      expect(await log.query({ metadata: { key: payload } })).toEqual([recorded[5]])
      expect((await log.verify()).ok).toBe(true)
      expect(Object.keys(Object.prototype)).toEqual([])
    },
  )

  test('10,000 keys are stored, each under its name', async () => {
    const metadata: JsonObject = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i]))
    const entry = await log.record({ ...base, metadata })
    await reopen()
    expect(await log.query({ metadata: { 'key 9999': 9999 } })).toEqual([entry])
    expect(await log.count({ metadata: { 'key 9999': 9998 } })).toBe(0)
    expect(await log.count({ metadata })).toBe(1)
  })

  test.each(['array', 'object'])(
    '100,000 levels of nesting (%s) are refused, and nothing is stored',
    async kind => {
      let nested: unknown = 1
      for (let i = 0; i < 100_000; i++) nested = kind === 'array' ? [nested] : { a: nested }
      const metadata = { deep: nested } as JsonObject // it is one, only too deep
      await expect(log.record({ ...base, metadata })).rejects.toMatchObject({ code: 'AUDIT_INVALID_ENTRY' })
      await expect(log.count({ metadata })).rejects.toMatchObject({ code: 'AUDIT_INVALID_QUERY' })
      expect(await log.count()).toBe(0)
    },
  )
})
