import { type AuditEntry, canonicalJson, decodeLine, encodeLine } from '@audit/core/backend'
import { parse } from 'csv-parse/sync'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import nunjucks from 'nunjucks'
import { describe, expect, test } from 'vitest'
import { EXPORT_FORMATS, type ExportFormat, exportFormat } from '../src/export/index.ts'
import { allOf } from './all-of.ts'
import { entriesOf, HOSTILE_TEXTS, hostileInputs } from './hostile-entries.ts'
import { sampleLeaves } from './sample-log.ts'

const samples = sampleLeaves().map(({ entry }, index): AuditEntry => ({ ...entry, index }))
const hostile = entriesOf(hostileInputs())

function formatNamed(name: string): ExportFormat {
  return exportFormat(name) ?? expect.fail(`there is no format ${name}`)
}

async function* from(entries: readonly AuditEntry[]) {
  yield* entries
}

async function bytesOf(name: string, entries: readonly AuditEntry[]): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of formatNamed(name).write(from(entries))) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function objectsOf(name: string, entries: readonly AuditEntry[]) {
  const lines = (await bytesOf(name, entries)).toString().split('\n')
  expect(lines.pop()).toBe('')
  return lines.map(line => JSON.parse(line))
}

describe.each(EXPORT_FORMATS)('$name', ({ name }) => {
  test('no entries make a file that is whole', async () => {
    const bytes = await bytesOf(name, [])
    if (name === 'csv') expect(bytes.toString().split('\r\n')).toHaveLength(2)
    else if (name === 'parquet') expect(await parquetReadObjects({ file: bufferOf(bytes) })).toEqual([])
    else expect(bytes).toHaveLength(0)
  })

  test('it reads as slowly as its reader does, and lets go of its source', async () => {
    let read = 0
    let isReleased = false
    async function* endless() {
      const [entry] = entriesOf([{ model: 'm', inputText: 'x'.repeat(1000), outputText: '' }])
      if (!entry) return
      try {
        for (let index = 0; ; index++) {
          read++
          yield { ...entry, index }
        }
      } finally {
        isReleased = true
      }
    }
    let pieces = 0
    for await (const _ of formatNamed(name).write(endless())) if (++pieces === 2) break
    expect(read).toBeLessThan(20_000)
    expect(isReleased).toBe(true)
  })

  test('what breaks the source breaks it', async () => {
    const error = new Error('the disk is gone')
    async function* breaking() {
      yield* samples
      throw error
    }
    const reading = allOf(formatNamed(name).write(breaking()))
    await expect(reading).rejects.toBe(error)
  })
})

describe('jsonl', () => {
  test.each([
    ['ordinary', samples],
    ['hostile', hostile],
  ])('holds the canonical lines of %s entries, byte for byte', async (_, entries) => {
    const text = (await bytesOf('jsonl', entries)).toString()
    expect(text).toBe(entries.map(entry => `${encodeLine(entry)}\n`).join(''))
  })
})

describe('csv', () => {
  const COLUMNS = [
    'index',
    'timestamp',
    'entry_id',
    'user',
    'model',
    'cost_usd',
    'latency_ms',
    'input_text',
    'output_text',
    'metadata',
  ]

  async function rowsOf(
    entries: readonly AuditEntry[],
  ): Promise<readonly Readonly<Record<string, string>>[]> {
    const text = (await bytesOf('csv', entries)).toString()
    return parse(text, { columns: true, record_delimiter: '\r\n' })
  }

  test('is RFC 4180: the columns first, lines that end with CRLF, an unknown amount empty', async () => {
    const text = (await bytesOf('csv', samples)).toString()
    const [header, , ...others] = text.split('\r\n')
    expect(header?.replaceAll('"', '').split(',')).toEqual(COLUMNS)
    expect(others.at(-1)).toBe('')
    const rows = await rowsOf(samples)
    expect(rows).toHaveLength(samples.length)
    expect(rows[12]).toMatchObject({ cost_usd: '', latency_ms: String(samples[12]?.latencyMs), index: '12' })
    for (const [i, row] of rows.entries()) {
      expect(Object.keys(row)).toEqual(COLUMNS)
      expect(row.input_text).toBe(samples[i]?.inputText)
      expect(row.metadata).toBe(canonicalJson(samples[i]?.metadata ?? {}))
    }
  })

  test('no cell is a formula, and taking its apostrophe away gives the text back', async () => {
    const rows = await rowsOf(hostile)
    expect(rows).toHaveLength(hostile.length)
    for (const [i, row] of rows.entries()) {
      for (const cell of Object.values(row))
        expect(cell).not.toMatch(/^[\s\p{Cc}\p{Cf}]*[=+\-@|\uff1d\uff0b\uff0d\uff20]/u)
      const text = row.input_text ?? ''
      const given = /^'+[\s\p{Cc}\p{Cf}\u2400]*[=+\-@|\uff1d]|^'+[\t\r\n]/u.test(text) ? text.slice(1) : text
      expect(given).toBe(HOSTILE_TEXTS[i]?.replaceAll('\0', '\u2400'))
      expect(JSON.parse(row.metadata ?? '')).toMatchObject({ text: HOSTILE_TEXTS[i] })
    }
  })

  test('holds no NUL, which many readers refuse', async () => {
    expect((await bytesOf('csv', hostile)).includes(0)).toBe(false)
  })
})

/** The reader's own leave out a byte-order mark at the beginning of a text. */
const PARSERS = { stringFromBytes: (bytes: Uint8Array) => Buffer.from(bytes).toString() }

describe('parquet', () => {
  test.each([
    ['ordinary', samples],
    ['hostile', hostile],
  ])('gives %s entries back, with types', async (_, entries) => {
    const rows = await parquetReadObjects({
      file: bufferOf(await bytesOf('parquet', entries)),
      parsers: PARSERS,
    })
    expect(rows).toHaveLength(entries.length)
    for (const [i, row] of rows.entries()) {
      const entry = entries[i] ?? expect.fail('there are more rows than entries')
      expect(row).toEqual({
        index: BigInt(entry.index),
        timestamp: new Date(entry.timestamp),
        entry_id: entry.entryId,
        user: entry.user,
        model: entry.model,
        cost_usd: entry.costUsd ?? null,
        latency_ms: entry.latencyMs ?? null,
        input_text: entry.inputText,
        output_text: entry.outputText,
        metadata: canonicalJson(entry.metadata),
      })
    }
  })

  test('is written in row groups, each of about as much text', async () => {
    const megabyte = 'y'.repeat(1024 * 1024)
    const large = entriesOf(
      Array.from({ length: 20 }, (_, i) => ({ model: 'm', inputText: `${i}${megabyte}`, outputText: '' })),
    )
    const { row_groups, num_rows } = parquetMetadata(arrayBufferOf(await bytesOf('parquet', large)))
    expect(num_rows).toBe(20n)
    expect(row_groups.map(group => Number(group.num_rows))).toEqual([8, 8, 4])
  })
})

describe('ocsf', () => {
  /** Facts of the published definition of API Activity in OCSF 1.8.0, with the profile ai_operation. */
  const REQUIRED = [
    'activity_id',
    'category_uid',
    'class_uid',
    'type_uid',
    'severity_id',
    'time',
    'metadata.version',
    'metadata.product.name',
    'actor.user.name',
    'api.operation',
    'api.request.uid',
    'src_endpoint.name',
    'ai_model.name',
    'ai_model.ai_provider',
  ]

  test.each([
    ['ordinary', samples],
    ['hostile', hostile],
  ])('%s entries become events with all that is required', async (_, entries) => {
    const events = await objectsOf('ocsf', entries)
    expect(events).toHaveLength(entries.length)
    for (const [i, event] of events.entries()) {
      for (const path of REQUIRED) expect(event).toHaveProperty(path.split('.'))
      expect(event).toMatchObject({
        category_uid: 6,
        class_uid: 6003,
        activity_id: 99,
        type_uid: 6003 * 100 + 99,
        severity_id: 1,
        metadata: { version: '1.8.0', profiles: ['ai_operation'], original_event_uid: entries[i]?.entryId },
        time: Date.parse(entries[i]?.timestamp ?? ''),
      })
      expect([0, 1, 2, 99]).toContain(event.status_id)
      expect(Number.isSafeInteger(event.duration ?? 0)).toBe(true)
      if (event.message_context) expect(event.message_context.service.name).toBeTypeOf('string')
    }
  })

  test('a latency that cannot be has no beginning', async () => {
    const calls = [Number.MAX_VALUE, 1e15].map(latencyMs => ({
      model: 'm',
      inputText: '',
      outputText: '',
      latencyMs,
    }))
    for (const event of await objectsOf('ocsf', entriesOf(calls))) {
      expect(event).not.toHaveProperty('start_time')
      expect(event).not.toHaveProperty('duration')
    }
  })

  test('a call becomes its operation, model, tokens and status', async () => {
    const call = {
      model: 'gpt-5-mini',
      user: 'alice',
      inputText: 'a question',
      outputText: 'an answer',
      costUsd: 0.01,
      latencyMs: 1234.6,
      metadata: {
        'gen_ai.provider.name': 'openai',
        'gen_ai.operation.name': 'chat',
        'gen_ai.conversation.id': 'c-1',
        'gen_ai.response.id': 'resp_1',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 5,
        'audit.status': 'ok',
      },
    }
    const failed = { ...call, metadata: { ...call.metadata, 'audit.status': 'error', 'error.type': '429' } }
    const aborted = { ...call, metadata: { 'audit.status': 'aborted' } }
    const [fine, error, stopped] = await objectsOf('ocsf', entriesOf([call, failed, aborted]))
    expect(fine).toMatchObject({
      activity_name: 'chat',
      status_id: 1,
      duration: 1235,
      actor: { user: { name: 'alice' } },
      api: {
        operation: 'chat',
        service: { name: 'openai' },
        request: { uid: 'resp_1', data: { input_text: 'a question' } },
        response: { data: { output_text: 'an answer' } },
      },
      ai_model: { name: 'gpt-5-mini', ai_provider: 'openai' },
      message_context: {
        uid: 'c-1',
        ai_role_id: 2,
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
      },
      unmapped: { cost_usd: 0.01 },
    })
    expect(fine.start_time).toBe(fine.time - 1235)
    expect(error).toMatchObject({
      status_id: 2,
      status_code: '429',
      status_detail: 'error',
      api: { response: { code: 429, error: '429' } },
    })
    expect(stopped).toMatchObject({ status_id: 99, status: 'aborted' })
    expect(stopped).not.toHaveProperty('message_context')
  })
})

describe('promptfoo', () => {
  test('an entry becomes a test case with its question, and the answer to compare with', async () => {
    const [first] = await objectsOf('promptfoo', samples)
    const [entry] = samples
    expect(first).toEqual({
      description: 'entry 0',
      vars: { input: entry?.inputText, expected: entry?.outputText },
      assert: [{ type: 'similar', value: '{{expected}}', threshold: 0.75 }],
      metadata: {
        index: 0,
        entry_id: entry?.entryId,
        timestamp: entry?.timestamp,
        user: entry?.user,
        model: entry?.model,
        status: 'ok',
        conversation: 's-0',
      },
    })
  })

  test('an entry without an answer has nothing to compare with', async () => {
    const cases = await objectsOf('promptfoo', samples)
    expect(cases[12]).toMatchObject({ assert: [], metadata: { status: 'error' } })
  })

  test('no text is a template, or is loaded from a file', async () => {
    for (const { vars, metadata } of await objectsOf('promptfoo', hostile)) {
      for (const text of [vars.input, vars.expected, metadata.user, metadata.model, metadata.status]) {
        expect(nunjucks.renderString(text ?? '', { input: 'rendered' })).toBe(text ?? '')
        expect(text).not.toMatch(/^(?:file:\/\/|package:)/i)
      }
    }
  })
})

test('a line of jsonl is an entry again', async () => {
  const [line = ''] = (await bytesOf('jsonl', samples)).toString().split('\n')
  expect(decodeLine(line)).toEqual(sampleLeaves()[0]?.entry)
})

function arrayBufferOf(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

/** As hyparquet reads a file. */
function bufferOf(bytes: Buffer) {
  const buffer = arrayBufferOf(bytes)
  return { byteLength: buffer.byteLength, slice: (start: number, end?: number) => buffer.slice(start, end) }
}
