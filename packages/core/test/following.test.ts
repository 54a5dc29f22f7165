import { getEventListeners } from 'node:events'
import { type AuditEntry, AuditError, AuditLog, MemoryBackend } from '@audit/core'
import { expect, test } from 'vitest'

const input = (inputText: string) => ({ model: 'm', inputText, outputText: '' })

/** Takes entries until there are so many. */
async function take(entries: AsyncIterable<AuditEntry>, count: number): Promise<string[]> {
  const taken: string[] = []
  for await (const { inputText } of entries) if (taken.push(inputText) === count) break
  return taken
}

test('a follower gets what is there, and then what comes, each once and in order', async () => {
  const log = new AuditLog()
  const texts = Array.from({ length: 700 }, (_, i) => `${i}`)
  await Promise.all(texts.slice(0, 600).map(text => log.record(input(text))))
  const taking = take(log.entries({ start: 10, follow: true }), 690)
  for (const text of texts.slice(600)) await log.record(input(text))
  expect(await taking).toEqual(texts.slice(10))
})

test('a follower ends at the end that it was given, and waits for it', async () => {
  const log = new AuditLog()
  const taking = take(log.entries({ end: 2, follow: true }), 10)
  await log.record(input('a'))
  await log.record(input('b'))
  await log.record(input('c'))
  expect(await taking).toEqual(['a', 'b'])
})

test('a follower goes on where it was once a store that was away is back', async () => {
  let isAway = false
  class Leaving extends MemoryBackend {
    override async size() {
      if (isAway) throw new Error('the connection was cut')
      return super.size()
    }
    override async read(start: number, end: number) {
      if (isAway) throw new Error('the connection was cut')
      return super.read(start, end)
    }
  }
  const log = new AuditLog({ backend: new Leaving() })
  await log.record(input('a'))
  const entries = log.entries({ follow: true })
  const first = await entries.next()
  isAway = true
  const next = entries.next()
  setTimeout(() => {
    isAway = false
  }, 350)
  await log.record(input('b'))
  expect(first.value?.inputText).toBe('a')
  expect((await next).value?.inputText).toBe('b')
  await entries.return(undefined)
})

test('a follower of a log that was restored from a backup, and has grown since, does not miss what came meanwhile', async () => {
  const [before, after] = [new MemoryBackend(), new MemoryBackend()]
  for (const [backend, texts] of [
    [before, ['a', 'b', 'c']],
    [after, ['a', 'x', 'y', 'z']],
  ] as const) {
    const log = new AuditLog({ backend })
    for (const text of texts) await log.record(input(text))
  }
  let current = before
  const restored = new Proxy(before, {
    get(_, key) {
      const value: unknown = Reflect.get(current, key)
      return typeof value === 'function' ? value.bind(current) : value
    },
  })
  const entries = new AuditLog({ backend: restored }).entries({ follow: true })
  for (const text of ['a', 'b', 'c']) expect((await entries.next()).value?.inputText).toBe(text)
  current = after
  await expect(entries.next()).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_CORRUPT' }))
})

test('a follower with a slow consumer survives a store that fails once', async () => {
  let failures = 0
  class Flaky extends MemoryBackend {
    override async read(start: number, end: number) {
      if (start >= 1088 && failures++ === 0) throw new Error('the connection was cut')
      return super.read(start, end)
    }
  }
  const log = new AuditLog({ backend: new Flaky() })
  await Promise.all(Array.from({ length: 2000 }, (_, i) => log.record(input(`${i}`))))
  const real = performance.now.bind(performance)
  let shift = 0
  performance.now = () => real() + shift
  try {
    let next = 0
    for await (const { index } of log.entries({ follow: true, end: 2000 })) {
      expect(index).toBe(next++)
      shift += 100 // the consumer takes a tenth of a second for each
    }
    expect(next).toBe(2000)
    expect(failures).toBeGreaterThan(1) // it failed once, and was asked again
  } finally {
    performance.now = real
  }
})

test('nothing comes after the signal, not even the rest of a page', async () => {
  const log = new AuditLog()
  await Promise.all(Array.from({ length: 100 }, (_, i) => log.record(input(`${i}`))))
  const readings = [
    (signal: AbortSignal) => log.entries({ signal }),
    (signal: AbortSignal) => log.entries({ signal, follow: true }),
    (signal: AbortSignal) => log.stream({ signal }),
  ]
  for (const reading of readings) {
    const controller = new AbortController()
    let seen = 0
    const reads = async () => {
      for await (const _ of reading(controller.signal)) if (++seen === 3) controller.abort()
    }
    await expect(reads()).rejects.toMatchObject({ name: 'AbortError' })
    expect(seen).toBe(3)
  }
})

test('a follower asks for what has come ten times a second at most', async () => {
  let asked = 0
  class Counting extends MemoryBackend {
    override size() {
      asked++
      return super.size()
    }
  }
  const log = new AuditLog({ backend: new Counting() })
  await log.open()
  const controller = new AbortController()
  const taking = take(log.entries({ follow: true, signal: controller.signal }), 1)
  const began = performance.now()
  await new Promise(resolve => setTimeout(resolve, 550))
  controller.abort()
  await taking.catch(() => {})
  expect(asked).toBeLessThanOrEqual(1 + (performance.now() - began) / 100)
  expect(asked).toBeGreaterThan(1)
})

test('damage, and the closing of the log, end a follower with their error', async () => {
  class Damaged extends MemoryBackend {
    override async read(): Promise<AuditEntry[]> {
      throw new AuditError('AUDIT_CORRUPT', 'damaged')
    }
  }
  const damaged = new AuditLog({ backend: new Damaged() })
  await damaged.record(input('a'))
  await expect(take(damaged.entries({ follow: true }), 1)).rejects.toMatchObject({ code: 'AUDIT_CORRUPT' })

  const log = new AuditLog()
  await log.open()
  const taking = take(log.entries({ follow: true }), 1)
  await log.close()
  await expect(taking).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
})

/** Answers nothing any more. */
class Hanging extends MemoryBackend {
  override size(): Promise<number> {
    return new Promise(() => {})
  }
  override find(): Promise<AuditEntry[]> {
    return new Promise(() => {})
  }
  override read(): Promise<AuditEntry[]> {
    return new Promise(() => {})
  }
}

test('a signal ends every reading at once, also one whose store does not answer, with its own reason', async () => {
  const reason = new Error('the user went away')
  const log = new AuditLog({ backend: new Hanging() })
  const calls = [
    (signal: AbortSignal) => log.query({ signal }),
    (signal: AbortSignal) => log.query({ signal, limit: 5 }),
    (signal: AbortSignal) => take(log.stream({ signal }), 1),
    (signal: AbortSignal) => take(log.entries({ signal }), 1),
    (signal: AbortSignal) => take(log.entries({ signal, follow: true }), 1),
    (signal: AbortSignal) => log.summarize({ signal }),
    (signal: AbortSignal) => log.distinct('user', { signal }),
    (signal: AbortSignal) => log.verify({ signal }),
  ]
  for (const call of calls) {
    const controller = new AbortController()
    const calling = call(controller.signal)
    controller.abort(reason)
    await expect(calling).rejects.toBe(reason)
    await expect(call(AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  }
})

test('a reading that ended leaves nothing behind at its signal', async () => {
  const log = new AuditLog()
  for (const text of ['a', 'b', 'c']) await log.record(input(text))
  const { signal } = new AbortController()
  expect(await log.query({ signal })).toHaveLength(3)
  expect(await take(log.stream({ signal }), 1)).toEqual(['a'])
  expect(await take(log.entries({ signal, follow: true }), 2)).toEqual(['a', 'b'])
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a signal that is none is refused', async () => {
  const log = new AuditLog()
  const invalid = { code: 'AUDIT_INVALID_QUERY' }
  await expect(log.query({ signal: {} as never })).rejects.toMatchObject(invalid)
  await expect(take(log.entries({ follow: 1 as never }), 1)).rejects.toMatchObject(invalid)
})
