import { LifeCycle } from '@audit/core/backend'
import { expect, test } from 'vitest'

const nothing = async () => {}
const closed = { code: 'AUDIT_CLOSED' }

/** An operation that goes on until it is told to end. */
function pending<T>(value: T) {
  const { promise, resolve } = Promise.withResolvers<T>()
  return { operation: () => promise, end: () => resolve(value) }
}

test('nothing runs before it is open, or once it is closing', async () => {
  const life = new LifeCycle()
  await expect(life.run(nothing)).rejects.toMatchObject(closed)
  await expect(life.write(nothing)).rejects.toMatchObject(closed)
  await life.open(nothing)
  await expect(life.run(async () => 1)).resolves.toBe(1)
  const closing = life.close(nothing)
  for (const call of [
    life.run(nothing),
    life.write(nothing),
    life.runUnopened(nothing),
    life.open(nothing),
  ]) {
    await expect(call).rejects.toMatchObject(closed)
  }
  await closing
  await expect(life.open(nothing)).rejects.toMatchObject(closed)
})

test('an opening is shared, done once, and tried again after a failure', async () => {
  const life = new LifeCycle()
  let starts = 0
  const start = async () => {
    if (++starts === 1) throw new Error('the store is away')
  }
  const failed = await Promise.allSettled([life.open(start), life.open(start)])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(starts).toBe(1)
  await Promise.all([life.open(start), life.open(start)])
  await life.open(start)
  expect(starts).toBe(2)
})

test('closing waits for what is under way, and ends once', async () => {
  const life = new LifeCycle()
  await life.open(nothing)
  const [reading, failing] = [pending('read'), pending('failed')]
  const read = life.run(reading.operation)
  const failed = life.write(() => failing.operation().then(Promise.reject.bind(Promise)))
  failed.catch(() => {})
  const order: string[] = []
  const finish = async () => void order.push('finished')
  const closing = Promise.all([life.close(finish), life.close(finish)])
  await Promise.resolve()
  order.push('still running')
  reading.end()
  failing.end()
  await closing
  expect(order).toEqual(['still running', 'finished'])
  await expect(read).resolves.toBe('read')
})

test('closing waits for an opening, also one that fails', async () => {
  const life = new LifeCycle()
  const starting = pending(undefined)
  const opening = life.open(async () => {
    await starting.operation()
    throw new Error('the store is away')
  })
  opening.catch(() => {})
  let isFinished = false
  const closing = life.close(async () => {
    isFinished = true
  })
  await Promise.resolve()
  expect(isFinished).toBe(false)
  starting.end()
  await closing
  expect(isFinished).toBe(true)
  await expect(opening).rejects.toThrow('away')
})

test('what writes is refused where nothing may be changed', async () => {
  const life = new LifeCycle(true)
  await expect(life.runUnopened(nothing)).rejects.toMatchObject({ code: 'AUDIT_READ_ONLY' })
  await life.open(nothing)
  await expect(life.write(nothing)).rejects.toMatchObject({ code: 'AUDIT_READ_ONLY' })
  await expect(life.run(nothing)).resolves.toBeUndefined()
})
