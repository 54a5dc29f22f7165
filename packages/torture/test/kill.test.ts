import { expect, test } from 'vitest'
import { DURABLE_BACKEND_IDS } from '../src/backends.ts'
import { kill } from '../src/kill.ts'
import { SHORT } from '../src/scale.ts'

test.each(DURABLE_BACKEND_IDS)('%s: nothing acknowledged is lost when its process is killed', async id => {
  const figures = await kill(id, SHORT.kills, () => {})
  console.log(id, figures)
  expect(figures.acknowledged).toBeGreaterThan(0)
  expect(figures.lost).toBe(0)
})
