import { AuditLog, createSigner, generateKey, MemoryBackend } from '@audit/core'
import type { Leaf, SubtreeStore } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { MemorySubtreeStore } from './memory-subtree-store.ts'

const signer = createSigner(generateKey('example.com/audit').privateKey)
const input = { model: 'm', inputText: '', outputText: '' }
const closed = expect.objectContaining({ name: 'AuditError', code: 'AUDIT_CLOSED' })

/** Notes what it is asked for, and answers also after it was closed: what refuses then is the log. */
class Noting extends MemoryBackend {
  readonly asked: string[] = []
  readonly subtrees: SubtreeStore = new MemorySubtreeStore()

  override async append(leaves: readonly Leaf[]): Promise<number> {
    this.asked.push('append')
    return super.append(leaves)
  }

  override async size(): Promise<number> {
    this.asked.push('size')
    return super.size()
  }

  override async close(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    this.asked.push('close')
  }
}

test('after close each method rejects, and asks nothing of a backend that would still answer', async () => {
  const backend = new Noting()
  const log = new AuditLog({ backend, signer })
  const { entryId } = await log.record(input)
  const checkpoint = await log.checkpoint()
  await log.close()
  const asked = [...backend.asked]
  expect(asked.at(-1)).toBe('close')
  const calls: readonly (() => Promise<unknown>)[] = [
    () => log.open(),
    () => log.record(input),
    () => log.query(),
    () => log.stream().next(),
    () => log.entries().next(),
    () => log.get(entryId),
    () => log.count(),
    () => log.count({ user: 'u' }),
    () => log.verify(),
    () => log.verify({ checkpoint }),
    () => log.checkpoint(),
    () => log.prove(entryId),
    () => log.proveConsistency(checkpoint),
  ]
  for (const call of calls) await expect(call()).rejects.toThrow(closed)
  await log.close()
  expect(backend.asked).toEqual(asked)
})

test('close resolves once the backend is closed, and closes it once', async () => {
  const backend = new Noting()
  const log = new AuditLog({ backend })
  const recording = log.record(input)
  await Promise.all([log.close(), log.close()])
  expect(backend.asked).toEqual(['append', 'close'])
  expect(await recording).toMatchObject({ index: 0 })
})

test('close waits for the subtree roots that are being stored', async () => {
  const backend = new Noting()
  const { write } = backend.subtrees
  const done: string[] = []
  backend.subtrees.write = async (level, start, hashes) => {
    for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
    await write.call(backend.subtrees, level, start, hashes)
    done.push(`${level}/${start}, before ${backend.asked.at(-1)}`)
  }
  const log = new AuditLog({ backend })
  await Promise.all(Array.from({ length: 300 }, () => log.record(input)))
  await log.close()
  expect(done).toEqual(['1/0, before append'])
})

test('a log that is closed while it opens is closed behind the opening', async () => {
  const steps: string[] = []
  const backend = new (class extends MemoryBackend {
    override async open(): Promise<void> {
      await new Promise(resolve => setImmediate(resolve))
      steps.push('opened')
      return super.open()
    }

    override async close(): Promise<void> {
      steps.push('closed')
      return super.close()
    }
  })()
  const log = new AuditLog({ backend })
  const opening = log.open()
  await log.close()
  await opening
  expect(steps).toEqual(['opened', 'closed'])
})

test('a log whose opening failed can be closed, and one that was never opened', async () => {
  const backend = Object.assign(new MemoryBackend(), { open: () => Promise.reject(new Error('no')) })
  const log = new AuditLog({ backend })
  const opening = log.open()
  const closing = log.close()
  await expect(opening).rejects.toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  await closing
  await new AuditLog().close()
})

test('what the backend says at its closing is told', async () => {
  const failure = new Error('the disk is full')
  const backend = Object.assign(new MemoryBackend(), { close: () => Promise.reject(failure) })
  await expect(new AuditLog({ backend }).close()).rejects.toBe(failure)
})

test('a memory backend is not opened again, and answers only while it is open', async () => {
  const backend = new MemoryBackend()
  const calls: readonly (() => Promise<unknown>)[] = [
    () => backend.append([]),
    () => backend.size(),
    () => backend.read(0, 1),
    () => backend.find({ order: 'asc' }),
    () => backend.count({ order: 'asc' }),
    () => backend.leafHashes(0, 1),
  ]
  for (const call of calls) await expect(call()).rejects.toThrow(closed)
  await backend.open()
  for (const call of calls) await call()
  await backend.close()
  for (const call of [...calls, () => backend.open()]) await expect(call()).rejects.toThrow(closed)
})
