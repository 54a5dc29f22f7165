import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiProblems, updateApi } from '../src/api-report.ts'
import { TemporaryRepository } from './temporary-repository.ts'

const EXPORTS = {
  '.': { types: './dist/index.d.ts', default: './dist/index.js' },
  './package.json': './package.json',
}

const INDEX = `import { KeyObject } from 'node:crypto'
interface Hidden { readonly depth: number }
/** Shows. */
declare function shown(hidden: Hidden): KeyObject
export { shown }
`

let repository: TemporaryRepository
beforeEach(() => {
  repository = new TemporaryRepository()
})
afterEach(() => repository[Symbol.dispose]())

test('a change of the API is reported until its report is written', () => {
  const published = repository.package({ exports: EXPORTS })
  const build = (declarations: string) => repository.write('packages/one/dist/index.d.ts', declarations)
  build(INDEX)
  updateApi(published)
  expect(apiProblems(published)).toEqual([])

  build(INDEX.replace('depth: number', 'depth: string')) // of a type that is not exported, and is part of one that is
  expect(apiProblems(published)).toEqual([expect.stringContaining('packages/one/api/index.api.md')])
  expect(apiProblems(published)).toHaveLength(1) // looking at it changes nothing
  updateApi(published)
  expect(apiProblems(published)).toEqual([])

  build(INDEX.replace('depth: number', 'depth: string').replace('Shows.', 'Explained in other words.'))
  expect(apiProblems(published)).toEqual([])
})

test('the reports follow the entry points that come and go', () => {
  repository.write('packages/one/dist/index.d.ts', 'export declare const first: 1\n')
  repository.write('packages/one/dist/more.d.ts', 'export declare const more: 1\n')
  const smaller = repository.package({ exports: EXPORTS })
  updateApi(smaller)
  const larger = repository.package({ exports: { ...EXPORTS, './more': { types: './dist/more.d.ts' } } })
  expect(apiProblems(larger)).toEqual([expect.stringContaining('more.api.md')])
  updateApi(larger)
  expect(apiProblems(smaller)).toEqual([expect.stringContaining('more.api.md')])
  updateApi(smaller)
  expect(existsSync(join(smaller.folder, 'api/more.api.md'))).toBe(false)
})

test('a package that is not built is an error', () => {
  expect(() => apiProblems(repository.package({ exports: EXPORTS }))).toThrow()
})
