import { expect, test } from 'vitest'
import { BACKEND_IDS } from '../src/backends.ts'
import { model } from '../src/model.ts'
import { SHORT } from '../src/scale.ts'

test.each(BACKEND_IDS)('%s: answers as an array would', async id => {
  const figures = await model(id, SHORT.sequences)
  console.log(id, figures)
  expect(figures.commands).toBeGreaterThan(0)
})
