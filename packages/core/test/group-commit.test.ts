import { AuditLog, MemoryBackend } from '@audit/core'
import { encodeLine, type Leaf } from '@audit/core/backend'
import { expect, test } from 'vitest'

const input = (inputText = '') => ({ model: 'm', inputText, outputText: '' })

/** Notes each batch, and can be told to fail the next ones. */
class BatchBackend extends MemoryBackend {
  readonly batches: number[] = []
  failures: Error[] = []
  openFailures: Error[] = []

  override async open(): Promise<void> {
    const failure = this.openFailures.shift()
    if (failure) throw failure
    return super.open()
  }

  override async append(leaves: readonly Leaf[]): Promise<number> {
    this.batches.push(leaves.length)
    await new Promise(resolve => setImmediate(resolve))
    const failure = this.failures.shift()
    if (failure) throw failure
    return super.append(leaves)
  }
}

test('calls of the same tick go down together, and a lone call at once', async () => {
  const backend = new BatchBackend()
  const log = new AuditLog({ backend })
  await log.record(input())
  await Promise.all(Array.from({ length: 64 }, () => log.record(input())))
  expect(backend.batches).toEqual([1, 64])
})

test('a log that had nothing to do for a while records again', async () => {
  const log = new AuditLog({ backend: new BatchBackend() })
  for (let i = 0; i < 3; i++) {
    expect(await log.record(input())).toMatchObject({ index: i })
    for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
  }
  await log.close()
})

test('callers in a loop share their batches', async () => {
  const backend = new BatchBackend()
  const log = new AuditLog({ backend })
  const caller = async () => {
    for (let i = 0; i < 20; i++) await log.record(input())
  }
  await Promise.all(Array.from({ length: 64 }, caller))
  expect(backend.batches).toEqual(Array.from({ length: 20 }, () => 64))
})

test('a batch ends at 4,096 entries or 8 MiB, and a larger entry goes alone', async () => {
  const backend = new BatchBackend()
  const log = new AuditLog({ backend })
  await Promise.all(Array.from({ length: 5000 }, () => log.record(input())))
  expect(backend.batches).toEqual([4096, 904])
  backend.batches.length = 0
  const texts = ['a', 'x'.repeat(9_000_000), 'b', 'y'.repeat(5_000_000), 'z'.repeat(5_000_000)]
  await Promise.all(texts.map(text => log.record(input(text))))
  expect(backend.batches).toEqual([1, 1, 2, 1])
  expect(
    (await log.query({ after: { timestamp: '0000-01-01', index: 0 } })).slice(-5).map(e => e.inputText[0]),
  ).toEqual(texts.map(text => text[0]))
})

test('a batch may weigh 8 MiB to the byte', async () => {
  const backend = new BatchBackend()
  const log = new AuditLog({ backend })
  const empty = Buffer.byteLength(encodeLine(await log.record(input())))
  backend.batches.length = 0
  const half = 'x'.repeat(4 * 1024 * 1024 - empty)
  await Promise.all([half, half].map(text => log.record(input(text))))
  await Promise.all([half, `${half}x`].map(text => log.record(input(text))))
  await Promise.all([half, `${half.slice(1)}é`].map(text => log.record(input(text)))) // two bytes
  expect(backend.batches).toEqual([2, 1, 1, 1, 1])
})

test('entries stand in the order of the calls', async () => {
  const log = new AuditLog({ backend: new BatchBackend() })
  const entries = await Promise.all(Array.from({ length: 300 }, (_, i) => log.record(input(`${i}`))))
  expect(entries.map(entry => entry.index)).toEqual(entries.map((_, i) => i))
  expect((await log.query()).map(entry => entry.inputText)).toEqual(entries.map((_, i) => `${i}`))
})

test('a failed batch rejects its own callers alone, and its entries are nowhere', async () => {
  const backend = new BatchBackend()
  const log = new AuditLog({ backend })
  await log.record(input('before'))
  const cause = new Error('disk on fire')
  backend.failures = [cause]
  const lost = [log.record(input('lost 1')), log.record(input('lost 2'))]
  for (const record of lost) await expect(record).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED', cause })
  expect(await log.record(input('after'))).toMatchObject({ index: 1 })
  expect((await log.query()).map(entry => entry.inputText)).toEqual(['before', 'after'])
})

test('a failed open is told to those who waited, and tried again by the next call', async () => {
  const backend = new BatchBackend()
  backend.openFailures = [new Error('no'), new Error('no')]
  const log = new AuditLog({ backend })
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  expect(await log.record(input())).toMatchObject({ index: 0 })
})

test('close stores what was recorded before it, and refuses what comes later', async () => {
  const backend = new BatchBackend()
  const log = new AuditLog({ backend })
  const records = Array.from({ length: 10 }, () => log.record(input()))
  const closing = log.close()
  await expect(log.record(input())).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  expect((await Promise.all(records)).at(-1)).toMatchObject({ index: 9 })
  await closing
  await log.close()
  await expect(log.query()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  await expect(log.count()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  await expect(log.get('x')).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  await expect(log.stream().next()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
  await expect(log.entries().next()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
})

test('await using closes the log', async () => {
  let kept: AuditLog
  {
    await using log = new AuditLog()
    kept = log
    await log.record(input())
  }
  await expect(kept.count()).rejects.toMatchObject({ code: 'AUDIT_CLOSED' })
})

test('timers get their turn however many callers record in a loop', async () => {
  const log = new AuditLog()
  let isDue = false
  let records = 0
  const caller = async () => {
    for (; !isDue && records < 100_000; records++) await log.record(input())
  }
  const callers = Array.from({ length: 64 }, caller)
  await new Promise(resolve => setTimeout(resolve, 5)) // starved, were the queue to go on in microtasks
  isDue = true
  await Promise.all(callers)
  expect(records).toBeLessThan(100_000)
})

test('an unknown option is refused', () => {
  const make = (options: object) => () => new AuditLog(options)
  expect(make({ backnd: new MemoryBackend() })).toThrow(
    expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
  )
})
