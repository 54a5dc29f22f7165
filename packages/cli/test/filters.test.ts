import { join } from 'node:path'
import { AuditLog, MemoryBackend } from '@audit/core'
import { createEntry, createLeaf } from '@audit/core/backend'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { describe, expect, test } from 'vitest'
import { CommandError } from '../src/command-error.ts'
import { timeOf } from '../src/filters/time.ts'
import { runBinary } from './binary.ts'
import { NOW, runHere } from './in-process.ts'
import { writeSampleLogs } from './sample-log.ts'

const UTC = { now: NOW, local: false }
const isoOf = (text: string, options = UTC) => {
  const { first, last } = timeOf('--since', text, options)
  return [first.toISOString(), last.toISOString()]
}

describe('a time', () => {
  test.each([
    ['36h', '2026-11-24T00:00:00.000Z'],
    ['2w', '2026-11-11T12:00:00.000Z'],
    ['1d', '2026-11-24T12:00:00.000Z'],
    ['90min', '2026-11-25T10:30:00.000Z'],
    ['5m', '2026-11-25T11:55:00.000Z'],
    ['30s', '2026-11-25T11:59:30.000Z'],
    ['now', '2026-11-25T12:00:00.000Z'],
  ])('%s is an instant', (text, instant) => {
    expect(isoOf(text)).toEqual([instant, instant])
  })

  test('today and yesterday are whole days', () => {
    expect(isoOf('today')).toEqual(['2026-11-25T00:00:00.000Z', '2026-11-25T23:59:59.999Z'])
    expect(isoOf('yesterday')).toEqual(['2026-11-24T00:00:00.000Z', '2026-11-24T23:59:59.999Z'])
  })

  // The log is asked what it makes of the same text: entries at both ends of the period, and just beyond them.
  test.each([
    ...[
      '2026',
      '2026-11',
      '2026-12',
      '2026-11-24',
      '2028-02-29',
      '2026-11-24T10:00',
      '2026-11-24 10:00:30',
      '0004-02-29',
    ],
    ...[
      '2026-11-24T10:00:30.5',
      '2026-11-24T10:00:30,123456Z',
      '2026-11-24T10:00Z',
      '2026-11-24T10:00:00+01:00',
    ],
    ...['2026-11-24T10:00-0930', '2026-11-24T10:00+14', '2026-11-24t10:00:00z'],
  ])('%s is what the log takes it for', async text => {
    const { first, last } = timeOf('--since', text, UTC)
    const backend = new MemoryBackend()
    await backend.open()
    const times = [first.getTime() - 1, first.getTime(), last.getTime(), last.getTime() + 1]
    await backend.append(
      times.map((ms, i) =>
        createLeaf(
          createEntry(
            { model: 'm', inputText: '', outputText: '' },
            { entryId: `${i}`, timestamp: new Date(ms).toISOString() },
          ),
        ),
      ),
    )
    const log = new AuditLog({ backend })
    const inside = await log.query({ since: text, until: text })
    expect(inside.map(({ entryId }) => entryId)).toEqual(['1', '2'])
  })

  test.each([
    ...[
      '',
      'soon',
      '2026-13',
      '2026-02-30',
      '2027-02-29',
      '24:00',
      '2026-11-25T24:00',
      '2026-11-25T10',
      '3y',
      '-1d',
    ],
    ...['2026-11-25T10:00+25', '9999999w', '999999w', '0000-01-01T00:00+01:00'],
  ])('%j is none', text => {
    expect(() => timeOf('--since', text, UTC)).toThrow(CommandError)
  })

  test('with --local, a date is a day of the local time zone, but an offset counts', () => {
    const local = { now: NOW, local: true }
    const { first, last } = timeOf('--since', '2026-03-29', local)
    expect(first).toEqual(new Date(2026, 2, 29))
    expect(last).toEqual(new Date(new Date(2026, 2, 30).getTime() - 1))
    expect(isoOf('2026-11-25T10:00:00.000Z', local)).toEqual(Array(2).fill('2026-11-25T10:00:00.000Z'))
  })
})

describe('options', () => {
  const indexesOf = async (...args: readonly string[]) => {
    const folder = temporaryFolder()
    await writeSampleLogs(folder)
    const { exitCode, stdout, stderr } = await runHere(
      ['query', 'audit.db', '--oldest', '-n', '0', ...args],
      { cwd: folder },
    )
    expect(exitCode, stderr).toBe(0)
    return stdout
      .split('\n')
      .filter(line => line !== '')
      .map((line): number => JSON.parse(line).index)
  }

  test('--session is the conversation, or what --session-key names', async () => {
    expect(await indexesOf('--session', 's-2')).toEqual([8, 9, 10, 11])
    expect(await indexesOf('--session', '503', '--session-key', 'error.type')).toEqual([12, 25, 38])
  })

  test('--session finds a number too, and says so where there is a text as well', async () => {
    const folder = temporaryFolder()
    await using log = new AuditLog({ backend: new JsonlBackend({ path: join(folder, 'audit.jsonl') }) })
    const keys = { number: 42, text: '7', both: 42 }
    for (const [i, session] of [42, '42', 42].entries()) {
      const metadata = {
        ...keys,
        ...(i === 1 && { both: '42' }),
        'gen_ai.conversation.id': i === 1 ? 'other' : session,
      }
      await log.record({ model: 'm', inputText: '', outputText: '', metadata })
    }
    const found = async (command: string, ...args: readonly string[]) => {
      const { stdout, stderr } = await runHere([command, 'audit.jsonl', ...args], { cwd: folder })
      const lines = stdout.split('\n').filter(line => line !== '')
      return [lines.map(line => JSON.parse(line)), stderr]
    }
    const first = { metadata: { 'gen_ai.conversation.id': 42 } }
    expect(await found('query', '--session', '42')).toMatchObject([[first, first], ''])
    expect(await found('tail', '--session', '42')).toMatchObject([[first, first], ''])
    expect(await found('export', '--session', '42')).toMatchObject([[first, first], /exported 2/])
    expect(await found('stats', '--session', '42')).toMatchObject([[{ count: 2 }], ''])
    expect(await found('query', '--session', '42.0')).toEqual([[], ''])
    expect(await found('query', '--session', '7', '--session-key', 'text')).toMatchObject([[{}, {}, {}], ''])
    expect(await found('query', '--session', '42', '--session-key', 'both')).toMatchObject([
      [{ metadata: { both: '42' } }],
      expect.stringContaining('--metadata both:=42'),
    ])
  })

  test('--status is how calls ended', async () => {
    expect(await indexesOf('--status', 'error')).toEqual([12, 25, 38])
  })

  test('--metadata takes texts and JSON, and several', async () => {
    expect(await indexesOf('--metadata', 'gen_ai.usage.input_tokens:=29')).toEqual([17])
    expect(await indexesOf('--metadata', 'gen_ai.usage.input_tokens=29')).toEqual([])
    expect(
      await indexesOf(
        '--metadata',
        'gen_ai.conversation.id=s-4',
        '--metadata',
        'gen_ai.usage.input_tokens:=29',
      ),
    ).toEqual([17])
  })

  test('--grep looks into both texts, in any case', async () => {
    expect(await indexesOf('--grep', 'HAIKU')).toEqual([3, 8, 13, 18, 23, 28, 33, 38, 43])
    expect(await indexesOf('--grep', 'tree remembers')).toEqual([3, 8, 13, 18, 23, 28, 33, 43])
  })

  test('--since and --until are inclusive, and a date is its whole day', async () => {
    expect(await indexesOf('--until', '2026-11-22')).toEqual(Array.from({ length: 10 }, (_, i) => i))
    expect(await indexesOf('--since', '2026-11-25T11:59Z')).toEqual([47])
    expect(await indexesOf('--since', 'yesterday', '--until', 'yesterday')).toEqual(
      Array.from({ length: 15 }, (_, i) => 25 + i),
    )
  })

  test('all filters must hold', async () => {
    const given = ['--user', 'alice', '--model', 'gpt-5', '--since', '2026-11-24', '--until', '2026-11-24']
    expect(await indexesOf(...given)).toEqual([32, 35])
  })

  test('a key of the metadata that is given twice is an error', async () => {
    const { exitCode } = await runHere([
      'query',
      'x.db',
      '--status',
      'ok',
      '--metadata',
      'audit.status=error',
    ])
    expect(exitCode).toBe(2)
  })

  test('an empty user is a filter too', async () => {
    expect(await indexesOf('--user', '')).toEqual([])
  })
})

describe.skipIf(process.platform === 'win32')('the time zone of the environment', () => {
  test.each(['Nowhere/Land', 'xyz', 'CET-1CEST', 'europe/berlin'])('TZ=%s is not taken for UTC', async TZ => {
    const folder = temporaryFolder()
    await writeSampleLogs(folder)
    const endOf = async (...args: readonly string[]) =>
      (await runBinary(args, { cwd: folder, env: { TZ } })).exitCode
    expect(await endOf('query', 'audit.db', '--local')).toBe(2)
    expect(await endOf('query', 'audit.db')).toBe(0)
  })

  test.each(['Europe/Berlin', ':Europe/Berlin'])(
    'TZ=%s is heard, also when clocks are set back',
    async TZ => {
      const folder = temporaryFolder()
      const times = [
        '2026-10-25T00:29:59.999Z',
        '2026-10-25T00:30:00.000Z',
        '2026-10-25T01:30:59.999Z',
        '2026-10-25T01:31:00.000Z',
      ]
      const backend = new JsonlBackend({ path: join(folder, 'audit.jsonl') })
      await backend.open()
      await backend.append(
        times.map((timestamp, i) =>
          createLeaf(
            createEntry({ model: 'm', inputText: '', outputText: '' }, { entryId: `${i}`, timestamp }),
          ),
        ),
      )
      await backend.close()
      const indexes = async (time: string) => {
        const args = ['query', 'audit.jsonl', '--oldest', '--local', '--since', time, '--until', time]
        const { exitCode, output, errors } = await runBinary(args, { cwd: folder, env: { TZ } })
        expect(exitCode, errors).toBe(0)
        return output.split('\n').flatMap((line): number[] => (line === '' ? [] : JSON.parse(line).index))
      }
      expect(await indexes('2026-10-25 02:30')).toEqual([1, 2]) // twice on that day
      expect(await indexes('2026-10-25')).toEqual([0, 1, 2, 3])
      expect(await indexes('2026-10-25 01:30')).toEqual([])
    },
  )
})
