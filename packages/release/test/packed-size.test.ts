import { expect, test } from 'vitest'
import { commitSizes, committedSizes, packedSize, sizeProblems } from '../src/packed-size.ts'
import { TemporaryRepository } from './temporary-repository.ts'

test('a package is measured as it is packed', async () => {
  using repository = new TemporaryRepository()
  const published = repository.package({ files: ['dist'] })
  repository.write('packages/one/left-out.txt', 'x'.repeat(10_000))
  repository.write('packages/one/dist/index.js', '')
  const empty = await packedSize(published)
  expect(empty.unpacked).toBeLessThan(1_000)
  repository.write('packages/one/dist/index.js', 'x'.repeat(100_001))
  const full = await packedSize(published)
  expect(full.unpacked).toBe(empty.unpacked + 100_001)
  expect(full.packed).toBeLessThan(2_000)
})

test.each([
  ['5 % of a large one', 1_000_000, 1_050_000],
  ['2 KiB of a small one', 1_000, 3_048],
])('may grow by %s, and no further', (_, before, limit) => {
  const problems = (packed: number, unpacked: number) =>
    sizeProblems('one', { packed, unpacked }, { packed: before, unpacked: before })
  expect(problems(limit, limit)).toEqual([])
  expect(problems(limit + 1, limit)).toHaveLength(1)
  expect(problems(limit, limit + 1)).toHaveLength(1)
  expect(problems(0, 0)).toEqual([])
})

test('a package without a committed size is reported', () => {
  expect(sizeProblems('one', { packed: 1, unpacked: 1 }, undefined)).toHaveLength(1)
})

test('sizes are committed and read again', () => {
  using repository = new TemporaryRepository()
  repository.write('packages/release/sizes.json', '{}')
  commitSizes(repository.root, { one: { packed: 1, unpacked: 2 } })
  expect(committedSizes(repository.root)).toEqual({ one: { packed: 1, unpacked: 2 } })
})
