import { expect, test } from 'vitest'
import { FILE_BACKEND_IDS } from '../src/backends.ts'
import { damage } from '../src/damage.ts'
import { SHORT } from '../src/scale.ts'

test.each(FILE_BACKEND_IDS)('%s: a damaged file gives what was recorded, or says so', async id => {
  const figures = await damage(id, SHORT.damagedFiles)
  console.log(id, figures)
  expect(figures.answered).toBeGreaterThan(0)
})
