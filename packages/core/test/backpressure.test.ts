import { AuditError, AuditLog, MemoryBackend } from '@audit/core'
import { encodeLine, type Leaf } from '@audit/core/backend'
import { expect, test } from 'vitest'

const input = (inputText = '') => ({ model: 'm', inputText, outputText: '' })
const code = (expected: string) => expect.objectContaining({ name: 'AuditError', code: expected })

/** Stands still until it is let go, as behind a lock that another process holds. */
class HeldBackend extends MemoryBackend {
  batches = 0
  release: (failure?: Error) => void = () => {}

  override async append(leaves: readonly Leaf[]): Promise<number> {
    this.batches++
    const failure = await new Promise<Error | undefined>(resolve => {
      this.release = resolve
    })
    if (failure) throw failure
    return super.append(leaves)
  }
}

/** Resolves once the backend has been given its next batch. */
async function batch(backend: HeldBackend, number: number): Promise<void> {
  while (backend.batches < number) await new Promise(resolve => setImmediate(resolve))
}

test('what waits to be stored is bounded: beyond it record rejects, and that entry is nowhere', async () => {
  const backend = new HeldBackend()
  const log = new AuditLog({ backend, maxPendingBytes: 10_000 })
  const taken = Array.from({ length: 9 }, (_, i) => log.record(input(`${i}`.padEnd(700, 'x'))))
  await expect(log.record(input('late'.padEnd(1700, 'x')))).rejects.toThrow(code('AUDIT_OVERLOADED'))
  await batch(backend, 1)
  await expect(log.record(input('late'.padEnd(1700, 'x')))).rejects.toThrow(code('AUDIT_OVERLOADED'))
  backend.release()
  expect(await Promise.all(taken)).toHaveLength(9)
  const after = log.record(input('after'))
  await batch(backend, 2)
  backend.release()
  expect(await after).toMatchObject({ index: 9 })
  expect((await log.query()).some(entry => entry.inputText.startsWith('late'))).toBe(false)
})

test('bytes count, not characters', async () => {
  const backend = new HeldBackend()
  const log = new AuditLog({ backend, maxPendingBytes: 10_000 })
  const first = log.record(input('日'.repeat(3000)))
  await expect(log.record(input('日'.repeat(300)))).rejects.toThrow(code('AUDIT_OVERLOADED'))
  await batch(backend, 1)
  backend.release()
  await first
})

test('as much may wait as was said, to the byte', async () => {
  const bytes = Buffer.byteLength(encodeLine(await new AuditLog().record(input())))
  for (const [maxPendingBytes, taken] of [
    [2 * bytes, 2],
    [2 * bytes - 1, 1],
    [2 * bytes + 1, 2],
    [3 * bytes - 1, 2],
  ] as const) {
    const backend = new HeldBackend()
    const log = new AuditLog({ backend, maxPendingBytes })
    const outcomes = Promise.allSettled(Array.from({ length: 4 }, () => log.record(input())))
    await batch(backend, 1)
    backend.release()
    expect((await outcomes).filter(({ status }) => status === 'fulfilled')).toHaveLength(taken)
    expect(await log.count()).toBe(taken)
  }
})

test('256 MiB may wait where nothing was said', async () => {
  const backend = new HeldBackend()
  const log = new AuditLog({ backend })
  const text = 'x'.repeat(8 * 1024 * 1024 - 1000)
  const taken = Array.from({ length: 32 }, () => log.record(input(text)))
  await expect(log.record(input('x'.repeat(32_000)))).rejects.toThrow(code('AUDIT_OVERLOADED'))
  const settled = Promise.allSettled(taken)
  await batch(backend, 1)
  backend.release(new AuditError('AUDIT_BUSY', 'locked for 30 seconds'))
  const codes = (await settled).map(result => result.status === 'rejected' && result.reason.code)
  expect(new Set(codes)).toEqual(new Set(['AUDIT_BUSY']))
})

test('an entry that is larger than the bound is stored when nothing else waits', async () => {
  const backend = new HeldBackend()
  const log = new AuditLog({ backend, maxPendingBytes: 100 })
  const recording = log.record(input('x'.repeat(1000)))
  await batch(backend, 1)
  backend.release()
  expect(await recording).toMatchObject({ index: 0 })
})

test('bytes of what failed are free again', async () => {
  const backend = new HeldBackend()
  const log = new AuditLog({ backend, maxPendingBytes: 2000 })
  for (let i = 1; i <= 20; i++) {
    const recording = log.record(input('x'.repeat(1000)))
    await batch(backend, i)
    backend.release(new Error('the disk is full'))
    await expect(recording).rejects.toThrow(code('AUDIT_WRITE_FAILED'))
  }
})

test('what waited behind a batch that found the log locked rejects with it, and what comes later is tried', async () => {
  const backend = new HeldBackend()
  const log = new AuditLog({ backend })
  const crowd = Array.from({ length: 12_288 }, () => log.record(input()))
  const settled = Promise.allSettled(crowd)
  await batch(backend, 1)
  backend.release(new AuditError('AUDIT_BUSY', 'locked for 30 seconds'))
  const codes = (await settled).map(result => result.status === 'rejected' && result.reason.code)
  expect(new Set(codes)).toEqual(new Set(['AUDIT_BUSY']))
  expect(backend.batches).toBe(1)
  const later = log.record(input())
  await batch(backend, 2)
  backend.release()
  expect(await later).toMatchObject({ index: 0 })
})

test('what waited behind a batch that failed in another way is tried', async () => {
  const backend = new HeldBackend()
  const log = new AuditLog({ backend })
  const first = log.record(input())
  await batch(backend, 1)
  const second = log.record(input())
  backend.release(new Error('a fault of this batch'))
  await expect(first).rejects.toThrow(code('AUDIT_WRITE_FAILED'))
  await batch(backend, 2)
  backend.release()
  expect(await second).toMatchObject({ index: 0 })
})

test.each([0, -1, 1.5, Number.NaN, '1', null])('maxPendingBytes: %j is refused', maxPendingBytes => {
  expect(() => new AuditLog({ maxPendingBytes: maxPendingBytes as number })).toThrow(
    code('AUDIT_INVALID_OPTIONS'), // what the types forbid, as a JavaScript caller can do it
  )
})
