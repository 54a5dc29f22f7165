import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JsonlBackend } from '@audit/jsonl'
import { testBackend } from '@audit/testkit'
import { describe, it } from 'vitest'

testBackend({
  describe,
  it,
  create: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'audit-jsonl-'))
    return {
      open: () => new JsonlBackend({ path: join(folder, 'audit.jsonl') }),
      openReadOnly: () => new JsonlBackend({ path: join(folder, 'audit.jsonl'), readOnly: true }),
      teardown: () => rm(folder, { recursive: true }),
    }
  },
})
