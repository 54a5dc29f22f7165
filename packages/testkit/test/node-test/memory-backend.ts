import { describe, it } from 'node:test'
import { MemoryBackend } from '@audit/core'
import { testBackend } from '@audit/testkit'

testBackend({ describe, it, create: () => ({ open: () => new MemoryBackend(), teardown() {} }) })
