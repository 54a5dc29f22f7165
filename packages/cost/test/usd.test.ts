import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactUsd, roundedUsd, usdOf } from '../src/usd.ts'

test('an amount is exact to 10⁻¹² dollars, and comes back as the same double', () => {
  expect(exactUsd(0.1) + exactUsd(0.2)).toBe(exactUsd(0.3))
  expect(usdOf(exactUsd(0.1) + exactUsd(0.2))).toBe(0.3)
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), exact => {
      expect(exactUsd(usdOf(exact))).toBe(exact) // a double holds 15 digits
    }),
  )
})

test.each([
  [0, 0n],
  [1e-12, 1n],
  [4e-13, 0n],
  [123_456.5, 123_456_500_000_000_000n],
  [1e20, 10n ** 32n],
])('%d dollars are %d', (usd, exact) => {
  expect(exactUsd(usd)).toBe(exact)
})

test('the noise of arithmetic goes', () => {
  expect(0.1 + 0.2).not.toBe(0.3)
  expect(roundedUsd(0.1 + 0.2)).toBe(0.3)
})
