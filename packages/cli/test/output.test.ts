import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { Output } from '../src/output/output.ts'

/** A pipe whose reader takes one piece after the other. */
function slowPipe() {
  const pieces: string[] = []
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk, _, done) {
      pieces.push(String(chunk))
      setImmediate(done)
    },
  })
  return { stream, pieces }
}

const listenersOf = (stream: Writable) =>
  stream.eventNames().map(event => [event, stream.listenerCount(event)])

test('waiting for a slow pipe leaves no listeners behind', async () => {
  const { stream, pieces } = slowPipe()
  const output = new Output(stream, { env: {} })
  await output.line('the first')
  const before = listenersOf(stream)
  for (let i = 0; i < 50; i++) await output.line(`${i}`)
  expect(listenersOf(stream)).toEqual(before)
  expect(pieces).toHaveLength(51)
})

test('those who wait for one pipe wait together', async () => {
  const { stream, pieces } = slowPipe()
  const output = new Output(stream, { env: {} })
  const writing = Array.from({ length: 50 }, (_, i) => output.line(`${i}`))
  expect(stream.listenerCount('drain')).toBe(1)
  await Promise.all(writing)
  expect(pieces).toEqual(Array.from({ length: 50 }, (_, i) => `${i}\n`))
})

test('a pipe that fails while it is full ends the waiting', async () => {
  let fail = (_: Error) => {}
  const stream = new Writable({
    highWaterMark: 1,
    write(_, __, done) {
      fail = done
    },
  })
  const writing = new Output(stream, { env: {} }).line('never taken')
  fail(new Error('the disk is full'))
  await expect(writing).rejects.toMatchObject({ name: 'CommandError' })
})
