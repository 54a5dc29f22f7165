import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type AuditBackend, AuditError, AuditLog, type Finding, MemoryBackend } from '@audit/core'
import { TemporaryFolder } from '@audit/harness'
import { SqliteBackend } from '@audit/sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// A bundler, or two versions of a dependency, can put two copies of core into one process.

const INPUT = { model: 'm', inputText: 'in', outputText: 'out' }

let folder: TemporaryFolder
/** The other copy. */
let other: typeof import('@audit/core')

beforeAll(async () => {
  folder = new TemporaryFolder()
  const core = realpathSync(fileURLToPath(new URL('../node_modules/@audit/core', import.meta.url)))
  const copy = folder.file('core')
  mkdirSync(copy)
  for (const part of ['dist', 'package.json']) cpSync(join(core, part), join(copy, part), { recursive: true })
  symlinkSync(join(core, 'node_modules'), join(copy, 'node_modules'), 'junction')
  other = await import(pathToFileURL(join(copy, 'dist/index.js')).href)
})
afterAll(() => folder[Symbol.dispose]())

test('the copies are two', () => {
  expect(other.AuditError).not.toBe(AuditError)
  expect(other.MemoryBackend).not.toBe(MemoryBackend)
})

describe('instanceof', () => {
  class Subclass extends AuditError {}

  test('recognises the errors of either copy, both ways', () => {
    expect(new other.AuditError('AUDIT_BUSY', '') instanceof AuditError).toBe(true)
    expect(new AuditError('AUDIT_BUSY', '') instanceof other.AuditError).toBe(true)
  })

  test('recognises subclasses, and takes no other error for one', () => {
    class OtherSubclass extends other.AuditError {}
    expect(new OtherSubclass('AUDIT_BUSY', '') instanceof AuditError).toBe(true)
    expect(new Subclass('AUDIT_BUSY', '') instanceof other.AuditError).toBe(true)
    expect(new Subclass('AUDIT_BUSY', '') instanceof Subclass).toBe(true)
    expect(new OtherSubclass('AUDIT_BUSY', '') instanceof Subclass).toBe(false)
    expect(new AuditError('AUDIT_BUSY', '') instanceof Subclass).toBe(false)
  })

  test.each([
    ['an error', new Error('AUDIT_BUSY')],
    ['an error with a code', Object.assign(new Error(''), { code: 'AUDIT_BUSY' })],
    ['an object of the same form', { name: 'AuditError', code: 'AUDIT_BUSY', message: '' }],
    ['a text', 'AUDIT_BUSY'],
    ['a function', AuditError],
    ['null', null],
    ['undefined', undefined],
  ])('does not take %s for one', (_, value) => {
    expect((value as unknown) instanceof AuditError).toBe(false)
    expect((value as unknown) instanceof other.AuditError).toBe(false)
  })

  test('wrap passes an error of the other copy through', () => {
    const error = new other.AuditError('AUDIT_BUSY', '')
    expect(AuditError.wrap(error, 'AUDIT_READ_FAILED', '')).toBe(error)
  })
})

/** A backend that was built against the other copy, and fails in one call with its error. */
function failing(call: keyof AuditBackend, code: AuditError['code']): AuditBackend {
  return new Proxy(new other.MemoryBackend(), {
    get(backend, key) {
      if (key === call) return () => Promise.reject(new other.AuditError(code, 'of the other copy'))
      const value: unknown = Reflect.get(backend, key)
      return typeof value === 'function' ? value.bind(backend) : value
    },
  })
}

describe('a backend built against the other copy', () => {
  test('records, queries, verifies', async () => {
    const log = new AuditLog({ backend: new other.MemoryBackend() })
    const { index, entryId } = await log.record(INPUT)
    expect(index).toBe(0)
    expect(await log.get(entryId)).toMatchObject(INPUT)
    expect(await log.verify()).toMatchObject({ ok: true })
    await log.close()
  })

  test.each([
    ['open', 'AUDIT_UNSUPPORTED_FORMAT', (log: AuditLog) => log.record(INPUT)],
    ['append', 'AUDIT_BUSY', (log: AuditLog) => log.record(INPUT)],
    ['append', 'AUDIT_READ_ONLY', (log: AuditLog) => log.record(INPUT)],
    ['find', 'AUDIT_BUSY', (log: AuditLog) => log.query()],
    ['count', 'AUDIT_CORRUPT', (log: AuditLog) => log.count({ user: 'alice' })],
    ['size', 'AUDIT_BUSY', (log: AuditLog) => log.verify()],
    ['close', 'AUDIT_BUSY', (log: AuditLog) => log.close()],
  ] as const)('whose %s fails with %s keeps its code', async (call, code, run) => {
    const log = new AuditLog({ backend: failing(call, code) })
    if (call === 'close') await log.record(INPUT) // opens it
    const error: unknown = await run(log).then(
      () => undefined,
      (failure: unknown) => failure,
    )
    expect(error).toMatchObject({ code })
    expect(error instanceof AuditError && error instanceof other.AuditError).toBe(true)
  })

  test('keeps its findings of damage', async () => {
    const backend = new other.MemoryBackend()
    const log = new AuditLog({ backend })
    for (let i = 0; i < 3; i++) await log.record(INPUT)
    backend.read = failing('read', 'AUDIT_CORRUPT').read
    const report = await log.verify()
    expect(report.ok).toBe(false)
    expect(report.findings.map(({ kind }: Finding) => kind)).toContain('damaged')
    await log.close()
  })
})

test('an AuditError crosses from the thread of SQLite with its code, in either copy', async () => {
  const backend = new SqliteBackend({ path: folder.file('missing/audit.db') })
  const log = new other.AuditLog({ backend })
  const error: unknown = await log.record(INPUT).catch((failure: unknown) => failure)
  expect(error).toMatchObject({ code: 'AUDIT_OPEN_FAILED' })
  expect(error instanceof AuditError && error instanceof other.AuditError).toBe(true)
  await log.close()
  expect(existsSync(folder.file('missing'))).toBe(false)
})
