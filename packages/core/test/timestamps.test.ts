import { runInNewContext } from 'node:vm'
import { AuditLog, MemoryBackend } from '@audit/core'
import { canonicalTimestamp, type Selection } from '@audit/core/backend'
import { expect, test } from 'vitest'

/** A log that notes which selection it was asked for. */
function spy() {
  const seen: Selection[] = []
  class Spy extends MemoryBackend {
    override async count(selection: Selection): Promise<number> {
      seen.push(selection)
      return super.count(selection)
    }
  }
  return { log: new AuditLog({ backend: new Spy() }), seen }
}

async function bounds(value: string | Date) {
  const { log, seen } = spy()
  await log.count({ since: value, until: value })
  return [seen[0]?.since, seen[0]?.until]
}

test.each([
  ['2026-12-31', '2026-12-31T00:00:00.000Z', '2026-12-31T23:59:59.999Z'],
  ['2026-12-31T10:20', '2026-12-31T10:20:00.000Z', '2026-12-31T10:20:59.999Z'],
  ['2026-12-31T10:20:30', '2026-12-31T10:20:30.000Z', '2026-12-31T10:20:30.999Z'],
  ['2026-12-31T10:20:30.5', '2026-12-31T10:20:30.500Z', '2026-12-31T10:20:30.500Z'],
  ['2026-12-31T10:20:30.1239999Z', '2026-12-31T10:20:30.123Z', '2026-12-31T10:20:30.123Z'],
  ['2026-12-31T23:30:00.000+05:30', '2026-12-31T18:00:00.000Z', '2026-12-31T18:00:00.000Z'],
  ['2026-12-31T23:30:00.000-0130', '2027-01-01T01:00:00.000Z', '2027-01-01T01:00:00.000Z'],
  ['2026-12-31T23:30-08', '2027-01-01T07:30:00.000Z', '2027-01-01T07:30:59.999Z'],
  ['2026-12-31T23:30+0530', '2026-12-31T18:00:00.000Z', '2026-12-31T18:00:59.999Z'],
  ['2026-12-31t10:20:30,25z', '2026-12-31T10:20:30.250Z', '2026-12-31T10:20:30.250Z'],
  ['2026-12-31T10:20:30.05', '2026-12-31T10:20:30.050Z', '2026-12-31T10:20:30.050Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z', '2024-02-29T23:59:59.999Z'],
  ['0000-01-01', '0000-01-01T00:00:00.000Z', '0000-01-01T23:59:59.999Z'],
  ['0099-12-31', '0099-12-31T00:00:00.000Z', '0099-12-31T23:59:59.999Z'],
  ['9999-12-31', '9999-12-31T00:00:00.000Z', '9999-12-31T23:59:59.999Z'],
])('%s stands for the instants from %s to %s', async (text, first, last) => {
  expect(await bounds(text)).toEqual([first, last])
})

test('a Date stands for its millisecond', async () => {
  const iso = '2026-11-23T20:28:00.123Z'
  expect(await bounds(new Date(iso))).toEqual([iso, iso])
})

test('a Date of another realm is a Date', async () => {
  const iso = '2026-11-23T20:28:00.123Z'
  expect(await bounds(runInNewContext(`new Date('${iso}')`))).toEqual([iso, iso])
})

test.each([
  'banana',
  '2026-11-23T10:20:30+05:60',
  '2026-11-23T10:20:30+24:00',
  '2026-11-23T10:20:30Z+01:00',
  '0099-02-29',
  '2026-00-01',
  '2026-01-00',
  '',
  '2026-13',
  '202611',
  '26',
  '2026-13-01',
  '2026-02-29',
  '2026-11-31',
  '2026-11-23T24:00',
  '2026-11-23T10:60',
  '2026-11-23T10:20:60',
  '2026-11-23T10',
  '2026-11-23T10:20:30.',
  '2026-11-23T10:20:30+25:00',
  ' 2026-11-23',
  '2026-11-23\n',
  '+002026-11-23',
  '-000001-01-01',
  '0000-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  new Date(Number.NaN),
  new Date('+010000-01-01T00:00:00Z'),
])('%s is no time', async value => {
  await expect(bounds(value)).rejects.toMatchObject({ code: 'AUDIT_INVALID_QUERY' })
})

test.each([
  ['2026-11', '2026-11-01T00:00:00.000Z', '2026-11-30T23:59:59.999Z'],
  ['2028-02', '2028-02-01T00:00:00.000Z', '2028-02-29T23:59:59.999Z'],
  ['2026-12', '2026-12-01T00:00:00.000Z', '2026-12-31T23:59:59.999Z'],
  ['2026', '2026-01-01T00:00:00.000Z', '2026-12-31T23:59:59.999Z'],
  ['0099', '0099-01-01T00:00:00.000Z', '0099-12-31T23:59:59.999Z'],
  ['9999-12', '9999-12-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'],
])('%s is the whole of it', async (period, first, last) => {
  expect(await bounds(period)).toEqual([first, last])
})

test('no entry has a month for its timestamp', () => {
  expect(canonicalTimestamp('2026-11')).toBe('2026-11')
})

test('the canonical timestamp keeps the instant, cut to the millisecond', () => {
  expect(canonicalTimestamp('2026-11-23T21:07:03.624441+00:00')).toBe('2026-11-23T21:07:03.624Z')
  expect(canonicalTimestamp('2026-11-23T22:07:03.6+01:00')).toBe('2026-11-23T21:07:03.600Z')
  expect(canonicalTimestamp('2026-11-23T21:07:03.624Z')).toBe('2026-11-23T21:07:03.624Z')
})
