import { expect, test } from 'vitest'
import { TimeOrder } from '../src/backend/time-order.ts'

// In time, but for the last one, which belongs to the front and is far enough from it to be put there late.
const times = [...Array.from({ length: 2000 }, (_, i) => 100 + i), 7]
const sorted = [2000, ...Array.from({ length: 2000 }, (_, i) => i)]

function filled(): TimeOrder {
  const order = new TimeOrder(place => times[place] ?? 0)
  for (const place of times.keys()) order.push(place)
  return order
}

test('each question is answered in order, whichever comes first', () => {
  expect(filled().at(0)).toBe(2000)
  expect(filled().at(1)).toBe(0)
  expect(filled().rank(7, 0)).toBe(0)
  expect(filled().rank(8, 0)).toBe(1)
  expect(filled().rank(100, 0)).toBe(1)
  expect(filled().rank(100, 1)).toBe(2)
  expect(filled().rank(1e9, 0)).toBe(2001)
  const order = filled()
  expect(sorted.map((_, position) => order.at(position))).toEqual(sorted)
})

test('the version changes whenever a place moves, and at no other time', () => {
  const order = new TimeOrder(place => times[place] ?? 0)
  for (let place = 0; place < 2000; place++) order.push(place)
  const before = order.version
  expect(order.version).toBe(before)
  order.push(2000)
  const after = order.version
  expect(after).not.toBe(before)
  expect(order.at(0)).toBe(2000)
  expect(order.version).toBe(after)
})

test('a place that is near to where it belongs is put there at once', () => {
  const near = [10, 20, 30, 20, 5]
  const order = new TimeOrder(place => near[place] ?? 0)
  const seen: (readonly number[])[] = []
  for (const place of near.keys()) {
    const before = order.version
    order.push(place)
    seen.push([order.version - before, ...Array.from({ length: order.length }, (_, i) => order.at(i))])
  }
  expect(seen).toEqual([
    [0, 0],
    [0, 0, 1],
    [0, 0, 1, 2],
    [1, 0, 1, 3, 2],
    [1, 4, 0, 1, 3, 2],
  ])
})
