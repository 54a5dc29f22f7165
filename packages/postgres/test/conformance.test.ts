import { PostgresBackend } from '@audit/postgres'
import { testBackend } from '@audit/testkit'
import { describe, it } from 'vitest'
import { newName, pool } from './place.ts'

testBackend({
  describe,
  it,
  create: async () => {
    const log = newName()
    const backend = new PostgresBackend({ pool, log })
    await backend.migrate()
    await backend.close()
    return {
      open: () => new PostgresBackend({ pool, log }),
      openReadOnly: () => new PostgresBackend({ pool, log, readOnly: true }),
      teardown: () => {},
    }
  },
})
