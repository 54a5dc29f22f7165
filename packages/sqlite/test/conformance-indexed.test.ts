import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteBackend } from '@audit/sqlite'
import { checkBackend } from '@audit/testkit'
import { expect, test } from 'vitest'

/** The areas that query by metadata, or that an index could disturb. */
const AREAS = ['order', 'filters', 'paging', 'count', 'reading only', 'a model of the log']
/** Keys that the cases of these areas use. */
const metadataIndexes = ['session', 'a', 'b', 'value', 'id', 'n', '__proto__']

/** Many cases in one test. */
const TIMEOUT_MS = 300_000

test('a log whose metadata are indexed keeps every promise', { timeout: TIMEOUT_MS }, async () => {
  const report = await checkBackend({
    only: AREAS,
    create: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'audit-sqlite-'))
      const options = { path: join(folder, 'audit.db'), metadataIndexes }
      return {
        open: () => new SqliteBackend(options),
        openReadOnly: () => new SqliteBackend({ ...options, readOnly: true }),
        teardown: () => rm(folder, { recursive: true }),
      }
    },
  })
  expect(report.failed).toEqual([])
  expect(report.notRun).toEqual([])
  expect(report.passed.length).toBeGreaterThan(0)
})
