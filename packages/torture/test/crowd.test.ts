import { expect, test } from 'vitest'
import { DURABLE_BACKEND_IDS } from '../src/backends.ts'
import { crowd } from '../src/crowd.ts'
import { SHORT } from '../src/scale.ts'

test.each(DURABLE_BACKEND_IDS)(
  '%s: a crowd on one log loses nothing, and every call is answered',
  async id => {
    const { processes, threads, callers, entries } = SHORT.crowd
    const figures = await crowd(id, SHORT.crowd)
    console.log(id, figures)
    expect(figures.recorded).toBe(processes * threads * callers * entries)
    expect(figures.lost).toBe(0)
  },
)
