import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  CHUNK_BYTES,
  type LineChunk,
  type LongLine,
  linesOf,
  MAX_LINE_BYTES,
  type ReadInto,
  readChunk,
} from '../src/line-scanner.ts'

const NEWLINE = 0x0a

function* scanLines(read: ReadInto, start: number, end: number): Generator<LineChunk | LongLine> {
  const buffer = Buffer.alloc(CHUNK_BYTES)
  for (let offset = start; offset < end; ) {
    const chunk = readChunk(read, offset, end, buffer)
    yield chunk
    offset += 'bytes' in chunk ? chunk.bytes.length : chunk.length + Number(chunk.isClosed)
  }
}

function scan(content: Buffer, start = 0) {
  const lines: { offset: number; length: number; isClosed: boolean; first: number | undefined }[] = []
  const read = (target: Buffer, offset: number) => {
    expect(content.copy(target, 0, offset, offset + target.length)).toBe(target.length)
  }
  for (const chunk of scanLines(read, start, content.length)) {
    if (!('bytes' in chunk)) throw new Error('no line here is too long')
    for (const { offset, bytes, isClosed } of linesOf(chunk)) {
      lines.push({ offset, length: bytes.length, isClosed, first: bytes[0] })
    }
  }
  return lines
}

test('lines of any length, around the size of a chunk and its multiples, come out whole', () => {
  const length = fc.oneof(
    fc.nat(5),
    fc.integer({ min: 262_140, max: 262_148 }),
    fc.integer({ min: 524_280, max: 524_292 }),
    fc.nat(1_000_000),
  )
  fc.assert(
    fc.property(fc.array(length, { maxLength: 6 }), fc.boolean(), (lengths, isClosed) => {
      let offset = 0
      const expected = lengths.map((length, i) => {
        const line = { offset, length, isClosed: true, first: length > 0 ? 0x61 + i : undefined }
        offset += length + 1
        return line
      })
      const content = Buffer.alloc(offset)
      for (const { offset, length, first = 0 } of expected) {
        content.fill(first, offset, offset + length)
        content[offset + length] = NEWLINE
      }
      const last = expected.at(-1)
      if (isClosed || last === undefined) expect(scan(content)).toEqual(expected)
      else {
        const tail = last.length > 0 ? [{ ...last, isClosed: false }] : []
        expect(scan(content.subarray(0, -1))).toEqual([...expected.slice(0, -1), ...tail])
      }
    }),
    { numRuns: 60 },
  )
})

test('a line longer than any string is passed over in bounded memory, and the next is found', () => {
  const newline = 3 * 1024 ** 3
  let largest = 0
  const read = (target: Buffer, offset: number) => {
    largest = Math.max(largest, target.length)
    target.fill(0x61)
    if (offset <= newline && newline < offset + target.length) target[newline - offset] = NEWLINE
  }
  const found: unknown[] = []
  for (const chunk of scanLines(read, 100, newline + 3)) {
    found.push('bytes' in chunk ? { ...chunk, bytes: chunk.bytes.toString() } : chunk)
  }
  expect(found).toEqual([
    { offset: 100, length: newline - 100, isClosed: true },
    { offset: newline + 1, bytes: 'aa' },
  ])
  expect(largest).toBeLessThan(MAX_LINE_BYTES / 100)
})

test('a tail longer than any string has no newline', () => {
  const end = 700 * 1024 ** 2
  const read = (target: Buffer) => {
    target.fill(0x61)
  }
  const found: unknown[] = []
  for (const chunk of scanLines(read, 0, end)) found.push(chunk)
  expect(found).toEqual([{ offset: 0, length: end, isClosed: false }])
})
