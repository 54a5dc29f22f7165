import { expect, test } from 'vitest'
import { Mutex } from '../src/mutex.ts'

test('tasks run one at a time, in order, also behind one that fails', async () => {
  const mutex = new Mutex()
  const steps: string[] = []
  const task = (name: string) => async () => {
    steps.push(`${name} begins`)
    await new Promise(resolve => setImmediate(resolve))
    steps.push(`${name} ends`)
    if (name === 'b') throw new Error('b')
    return name
  }
  const results = await Promise.allSettled(['a', 'b', 'c'].map(name => mutex.run(task(name))))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(steps).toEqual(['a', 'b', 'c'].flatMap(name => [`${name} begins`, `${name} ends`]))
})
