import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { metadataProblems, updateMetadata } from '../src/metadata.ts'
import { REPOSITORY } from '../src/repository.ts'
import { TemporaryRepository } from './temporary-repository.ts'

test('what a package lacks is reported, and written', () => {
  using repository = new TemporaryRepository()
  const bare = repository.package({ type: 'module', scripts: { build: 'tsup' }, files: ['dist'] })
  expect(metadataProblems(bare)).toHaveLength(6)
  updateMetadata(bare)
  expect(metadataProblems(repository.found())).toEqual([])
  expect(repository.found().manifest).toMatchObject({
    name: 'one',
    version: '1.0.0',
    repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory: 'packages/one' },
    bugs: `${REPOSITORY}/issues`,
    homepage: `${REPOSITORY}/tree/main/packages/one#readme`,
    scripts: { build: 'tsup' },
    files: ['dist'],
  })
})

test.each([
  { repository: { type: 'git', url: 'git+https://github.com/someone/else.git', directory: 'packages/one' } },
  { repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory: 'packages/two' } },
  { bugs: 'https://example.com' },
  { homepage: 'https://example.com' },
  { license: 'ISC' },
  { publishConfig: { access: 'restricted' } },
  { scripts: { 'publish-check': 'true' } },
])('a field that differs is reported: %j', change => {
  using repository = new TemporaryRepository()
  updateMetadata(repository.package({}))
  expect(metadataProblems(repository.package({ ...repository.found().manifest, ...change }))).toHaveLength(1)
})

test('writing twice changes nothing', () => {
  using repository = new TemporaryRepository()
  updateMetadata(repository.package({ license: 'MIT', exports: {} }))
  const file = join(repository.root, 'packages/one/package.json')
  const written = readFileSync(file, 'utf8')
  updateMetadata(repository.found())
  expect(readFileSync(file, 'utf8')).toBe(written)
})

test('a private package is not published', () => {
  using repository = new TemporaryRepository()
  repository.write('packages/two/package.json', JSON.stringify({ name: 'two', private: true }))
  expect(repository.package({}).name).toBe('one')
})
