import { TemporaryFolder } from '@audit/harness'
import { JsonlBackend } from '@audit/jsonl'
import { testBackend } from '@audit/testkit'
import { describe, it } from 'vitest'

testBackend({
  describe,
  it,
  create: () => {
    const folder = new TemporaryFolder()
    const path = folder.file('audit.jsonl')
    return {
      open: () => new JsonlBackend({ path }),
      openIndexed: metadataIndexes => new JsonlBackend({ path, metadataIndexes }),
      openReadOnly: () => new JsonlBackend({ path, readOnly: true }),
      teardown: () => folder[Symbol.dispose](),
    }
  },
})
