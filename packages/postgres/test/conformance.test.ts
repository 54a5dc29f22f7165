import { testBackend } from '@audit/testkit'
import { describe, it } from 'vitest'
import { placeIn, pool } from './place.ts'

testBackend({ describe, it, create: () => placeIn(pool) })
