import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { EventCutter, readEvent } from '../src/wire/server-sent-events.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

/** The events of these chunks, and what is left. */
function cut(...chunks: readonly string[]) {
  const cutter = new EventCutter()
  const events = chunks.flatMap(chunk => [...cutter.cut(Buffer.from(chunk))].map(text))
  return { events, rest: text(cutter.rest()) }
}

test.each([
  ['a', 'data: 1\n\ndata: 2\n\n', ['data: 1\n\n', 'data: 2\n\n'], ''],
  ['CRLF', 'data: 1\r\n\r\ndata: 2\r\n\r\n', ['data: 1\r\n\r\n', 'data: 2\r\n\r\n'], ''],
  ['CR', 'data: 1\r\rdata: 2\r\r', ['data: 1\r\r', 'data: 2\r\r'], ''],
  ['no blank line at the end', 'data: 1\n\ndata: [DONE]', ['data: 1\n\n'], 'data: [DONE]'],
  ['a comment', ': ping\n\ndata: 1\n\n', [': ping\n\n', 'data: 1\n\n'], ''],
])('cuts behind each event: %s', (_, stream, events, rest) => {
  expect(cut(stream)).toEqual({ events, rest })
})

const piece = fc.constantFrom('data: x', 'event: y', ': z', '\n', '\r\n', '\r', 'é🦊', ' ', 'data')

test('wherever the network cuts, all bytes come through, and the same events with the same data', () => {
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(40)), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(''))
      const places = [0, ...cuts.map(at => at % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
      const cutter = new EventCutter()
      const events = places.slice(1).flatMap((end, i) => [...cutter.cut(bytes.subarray(places[i], end))])
      expect(Buffer.concat([...events, cutter.rest()])).toEqual(bytes)
      const whole = new EventCutter()
      const expected = [...whole.cut(bytes)].map(readEvent).filter(({ data }) => data !== undefined)
      expect(events.map(readEvent).filter(({ data }) => data !== undefined)).toEqual(expected)
    }),
  )
})

test.each([
  ['data: {"a":1}\n\n', { event: undefined, data: '{"a":1}', body: { a: 1 }, isMalformed: false }],
  [
    'event: e\ndata:{"a":\ndata: 1}\n\n',
    { event: 'e', data: '{"a":\n1}', body: { a: 1 }, isMalformed: false },
  ],
  ['data: {"a":\n\n', { event: undefined, data: '{"a":', body: {}, isMalformed: true }],
  ['data: [DONE]\n\n', { event: undefined, data: '[DONE]', body: {}, isMalformed: false }],
  ['data: [1]\n\n', { event: undefined, data: '[1]', body: {}, isMalformed: false }],
  ['data\n\n', { event: undefined, data: '', body: {}, isMalformed: false }],
  [': ping\n\n', { event: undefined, data: undefined, body: {}, isMalformed: false }],
  ['\uFEFFdata: 1\n\n', { event: undefined, data: '1', body: {}, isMalformed: false }],
])('reads %j', (stream, event) => {
  expect(readEvent(Buffer.from(stream))).toEqual(event)
})

test('blank lines are handed on as they come, and go with what comes next', () => {
  expect(cut('\n\n\n')).toEqual({ events: ['\n\n\n'], rest: '' })
  expect(cut('\n\r\ndata: 1\n\n\n\n')).toEqual({ events: ['\n\r\ndata: 1\n\n', '\n\n'], rest: '' })
  expect(cut('data: 1\r', '\n\r', '\ndata: 2\n\n').events.join('')).toBe('data: 1\r\n\r\ndata: 2\n\n')
})

test('an event in many chunks is copied once', () => {
  const chunk = Buffer.alloc(1000, 'x')
  const cutter = new EventCutter()
  const concat = vi.spyOn(Buffer, 'concat')
  try {
    for (let i = 0; i < 100; i++) expect(cutter.cut(chunk)).toEqual([])
    const [event] = cutter.cut(Buffer.from('\n\n'))
    expect(event).toHaveLength(100_002)
    expect(concat).toHaveBeenCalledTimes(1)
  } finally {
    concat.mockRestore()
  }
})
