import { MemoryBackend } from '@audit/core'
import { describe, it } from 'vitest'
import { testBackend } from '../src/index.ts'

testBackend({
  describe,
  it,
  create: () => ({
    open: () => new MemoryBackend(),
    openIndexed: metadataIndexes => new MemoryBackend({ metadataIndexes }),
    teardown() {},
  }),
})
