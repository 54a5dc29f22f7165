import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteBackend } from '@audit/sqlite'
import { testBackend } from '@audit/testkit'
import { describe, it } from 'vitest'

testBackend({
  describe,
  it,
  create: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'audit-sqlite-'))
    return {
      open: () => new SqliteBackend({ path: join(folder, 'audit.db') }),
      openReadOnly: () => new SqliteBackend({ path: join(folder, 'audit.db'), readOnly: true }),
      teardown: () => rm(folder, { recursive: true }),
    }
  },
})
