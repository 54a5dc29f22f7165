import { AuditError, AuditLog, type AuditLogOptions, MemoryBackend, type PreparedInput } from '@audit/core'
import type { Leaf } from '@audit/core/backend'
import { expect, test } from 'vitest'

const SECRET = 'alice@example.com'
const input = {
  model: 'm',
  inputText: SECRET,
  outputText: 'b',
  metadata: { mail: SECRET, nested: { n: [1] } },
}

const logWith = (prepare: AuditLogOptions['prepare']) => new AuditLog({ prepare })

/** Everything that the error shows, and the log holds. */
async function refused(log: AuditLog): Promise<unknown> {
  const error: unknown = await log.record(input).then(
    () => undefined,
    reason => reason,
  )
  expect(error).toBeInstanceOf(AuditError)
  expect(String(Object(error).stack) + JSON.stringify(error)).not.toContain(SECRET)
  expect(Object(error).cause).toBeUndefined()
  expect(await log.count()).toBe(0)
  return Object(error).code
}

test('what prepare returns is recorded, under the id that it was told', async () => {
  const ids: string[] = []
  const log = logWith((given, { entryId }) => {
    ids.push(entryId)
    return { ...given, inputText: '[EMAIL_1]', metadata: { 'audit.redacted': { email: 1 } } }
  })
  const entry = await log.record(input)
  expect(entry).toMatchObject({ inputText: '[EMAIL_1]', metadata: { 'audit.redacted': { email: 1 } } })
  expect(ids).toEqual([entry.entryId])
  expect(await log.get(entry.entryId)).toEqual(entry)
  expect((await log.verify()).ok).toBe(true)
})

test('prepare receives the defaults, in a copy that it may change and that nobody else sees', async () => {
  const given = structuredClone(input)
  let kept: PreparedInput | undefined
  const log = logWith(copy => {
    expect(copy).toEqual({ ...input, user: 'anonymous', costUsd: null, latencyMs: null })
    copy.inputText = 'masked'
    Object(copy.metadata).nested.n.push(2)
    kept = copy
    return copy
  })
  const recording = log.record(given)
  given.inputText = 'changed later'
  const entry = await recording
  if (kept) kept.outputText = 'changed later'
  expect(given.metadata).toEqual(input.metadata)
  expect(entry).toMatchObject({ inputText: 'masked', outputText: 'b', metadata: { nested: { n: [1, 2] } } })
  expect(await log.get(entry.entryId)).toEqual(entry)
})

test('when prepare throws or rejects, nothing of the input is stored or shown', async () => {
  const failures: AuditLogOptions['prepare'][] = [
    given => {
      throw new Error(given.inputText)
    },
    async given => {
      throw new AuditError('AUDIT_BUSY', given.inputText)
    },
    given => Promise.reject(given.inputText),
    given => {
      throw Object.assign(new TypeError(given.inputText), { name: given.inputText })
    },
  ]
  for (const prepare of failures) expect(await refused(logWith(prepare))).toBe('AUDIT_INVALID_ENTRY')
})

test('when prepare returns something else than an input, nothing of it is stored or shown', async () => {
  const results: ((given: PreparedInput) => unknown)[] = [
    () => undefined,
    () => null,
    () => SECRET,
    given => [given],
    given => ({ ...given, extra: SECRET }),
    given => ({ ...given, entryId: SECRET }),
    given => ({ ...given, [given.inputText]: 1 }),
    given => ({ ...given, metadata: { [given.inputText]: new Date() } }),
    given => ({ ...given, model: '' }),
    given => ({ ...given, inputText: undefined }),
    given => ({ ...given, metadata: { at: new Date() } }),
    given => ({ ...given, costUsd: -1 }),
    given =>
      Object.defineProperty({ ...given }, 'user', {
        enumerable: true,
        get: () => {
          throw new Error(given.inputText)
        },
      }),
  ]
  for (const result of results) {
    expect(await refused(logWith(given => result(given) as PreparedInput))).toBe('AUDIT_INVALID_ENTRY')
  }
})

test('the error names the field that prepare made invalid', async () => {
  const log = logWith(given => ({ ...given, costUsd: -1 }))
  await expect(log.record(input)).rejects.toThrow('costUsd')
})

test('an invalid input never reaches prepare', async () => {
  let calls = 0
  const log = logWith(given => {
    calls++
    return given
  })
  await expect(log.record({ ...input, model: '' })).rejects.toMatchObject({ code: 'AUDIT_INVALID_ENTRY' })
  expect(calls).toBe(0)
})

test('a slow preparation holds up neither the others nor what was recorded before it; the order is that of settling', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const log = logWith(async given => {
    if (given.inputText === 'slow') await promise
    return given
  })
  const slow = log.record({ ...input, inputText: 'slow' })
  await log.record({ ...input, inputText: 'quick' })
  resolve()
  expect((await slow).index).toBe(1)
})

test('closing waits for what is being prepared, and stores it', async () => {
  const stored: string[] = []
  class Watched extends MemoryBackend {
    override append(leaves: readonly Leaf[]) {
      stored.push(...leaves.map(({ entry }) => entry.inputText))
      return super.append(leaves)
    }
  }
  const log = new AuditLog({
    backend: new Watched(),
    prepare: async given => {
      await new Promise(resolve => setTimeout(resolve, 30))
      return given
    },
  })
  const recording = log.record({ ...input, inputText: 'late' })
  await log.close()
  expect(stored).toEqual(['late'])
  await expect(recording).resolves.toMatchObject({ inputText: 'late' })
})

test('prepare is called once for each record, whatever becomes of its batch', async () => {
  let calls = 0
  let failures = 1
  class Failing extends MemoryBackend {
    override append(leaves: readonly Leaf[]) {
      if (failures-- > 0) throw new Error('the disk is full')
      return super.append(leaves)
    }
  }
  const log = new AuditLog({
    backend: new Failing(),
    prepare: given => {
      calls++
      return given
    },
  })
  await expect(log.record(input)).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
  await log.record(input)
  expect(calls).toBe(2)
})

test('an error that cannot be looked at shows nothing either', async () => {
  const hostile = () =>
    new Proxy(new Error(SECRET), {
      getPrototypeOf() {
        throw new Error(SECRET)
      },
    })
  const prepares: AuditLogOptions['prepare'][] = [
    () => {
      throw hostile()
    },
    given =>
      Object.defineProperty({ ...given }, 'user', {
        enumerable: true,
        get: () => {
          throw hostile()
        },
      }),
    given =>
      Object.defineProperty({ ...given }, 'user', {
        enumerable: true,
        get: () => {
          throw Object.assign(new Error(), { message: 5 })
        },
      }),
  ]
  for (const prepare of prepares) expect(await refused(logWith(prepare))).toBe('AUDIT_INVALID_ENTRY')
})

test('a record whose prepare closes the log is stored before the log is closed', async () => {
  const backend = new MemoryBackend()
  const log: AuditLog = new AuditLog({
    backend,
    prepare: given => {
      void log.close()
      return given
    },
  })
  await expect(log.record(input)).resolves.toMatchObject({ index: 0 })
})

test('all of an entry counts while it is prepared, its metadata too', async () => {
  let preparing = 0
  let most = 0
  const log = new AuditLog({
    maxPendingBytes: 250_000,
    prepare: async given => {
      most = Math.max(most, ++preparing)
      await new Promise(resolve => setTimeout(resolve, 20))
      preparing--
      return given
    },
  })
  const large = { model: 'm', inputText: '', outputText: '', metadata: { x: 'y'.repeat(100_000) } }
  const settled = await Promise.allSettled(Array.from({ length: 20 }, () => log.record(large)))
  expect(most).toBe(2)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
})

test('what is being prepared counts as pending', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const log = new AuditLog({
    maxPendingBytes: 1000,
    prepare: async given => {
      await promise
      return given
    },
  })
  const first = log.record({ ...input, inputText: 'x'.repeat(900) })
  await expect(log.record({ ...input, inputText: 'x'.repeat(200) })).rejects.toMatchObject({
    code: 'AUDIT_OVERLOADED',
  })
  resolve()
  await first
  await log.record({ ...input, inputText: 'x'.repeat(200) })
  expect(await log.count()).toBe(2)
})

test('a prepare that is no function is refused', () => {
  expect(() => new AuditLog({ prepare: {} as never })).toThrow(
    expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
  )
})
