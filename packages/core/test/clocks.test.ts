import { AuditLog } from '@audit/core'
import { afterEach, expect, test } from 'vitest'

const input = { model: 'm', inputText: '', outputText: '' }
const realNow = Date.now

afterEach(() => {
  Date.now = realNow
})

/** A clock as fake timers, a board without a battery or an administrator may set it. */
function setClock(now: unknown): void {
  Date.now = () => now as number // whatever a replaced Date.now gives
}

const at = (text: string) => Date.parse(text)

test.each([
  ['0', 0, '1970-01-01T00:00:00.000Z'],
  ['a fraction of a millisecond', 0.25, '1970-01-01T00:00:00.000Z'],
  ['a fraction', 1_600_000_000_000.9, '2020-09-13T12:26:40.000Z'],
  ['the year 1999', at('1999-12-31T23:59:59.999Z'), '1999-12-31T23:59:59.999Z'],
  ['the last millisecond', at('9999-12-31T23:59:59.999Z'), '9999-12-31T23:59:59.999Z'],
])('a clock at %s gives its timestamp, again and again', async (_, now, timestamp) => {
  setClock(now)
  const log = new AuditLog()
  const entries = [await log.record(input), await log.record(input)]
  expect(entries.map(entry => entry.timestamp)).toEqual([timestamp, timestamp])
  expect(entries[0]?.entryId).not.toBe(entries[1]?.entryId)
  expect(await log.query({ since: timestamp, until: timestamp })).toEqual(entries)
  expect((await log.verify()).ok).toBe(true)
})

test.each([
  ['-1', -1],
  ['a fraction before 1970', -0.5],
  ['the year 10000', at('9999-12-31T23:59:59.999Z') + 1],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['the largest Date', 8.64e15],
  ['undefined', undefined],
  ['null', null],
  ['a text', '1600000000000'],
  ['a bigint', 1_600_000_000_000n],
  ['a Date', new Date(0)],
])('a clock at %s makes record reject, and nothing is stored', async (_, now) => {
  const log = new AuditLog()
  setClock(now)
  await expect(log.record(input)).rejects.toMatchObject({ name: 'AuditError', code: 'AUDIT_WRITE_FAILED' })
  Date.now = realNow
  expect(await log.count()).toBe(0)
  expect(await log.record(input)).toMatchObject({ index: 0 })
})

test('a clock that was a year ahead for a moment does not stamp what follows', async () => {
  const log = new AuditLog()
  const now = realNow()
  setClock(now + 365 * 86_400_000)
  await log.record(input)
  setClock(now)
  expect(await log.record(input)).toMatchObject({ timestamp: new Date(now).toISOString() })
})

test.each([
  [9_999, 'waited for', (before: number) => before],
  [10_000, 'followed', (before: number) => before - 10_000],
])('a clock that steps back by %i ms is %s', async (step, _, expected) => {
  const before = at('2027-01-01T00:00:10.000Z')
  const log = new AuditLog()
  setClock(before)
  await log.record(input)
  setClock(before - step)
  expect(await log.record(input)).toMatchObject({ timestamp: new Date(expected(before)).toISOString() })
})
