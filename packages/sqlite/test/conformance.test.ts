import { TemporaryFolder } from '@audit/harness'
import { SqliteBackend } from '@audit/sqlite'
import { testBackend } from '@audit/testkit'
import { describe, it } from 'vitest'

testBackend({
  describe,
  it,
  create: () => {
    const folder = new TemporaryFolder()
    const path = folder.file('audit.db')
    return {
      open: () => new SqliteBackend({ path }),
      openIndexed: metadataIndexes => new SqliteBackend({ path, metadataIndexes }),
      openReadOnly: () => new SqliteBackend({ path, readOnly: true }),
      teardown: () => folder[Symbol.dispose](),
    }
  },
})
