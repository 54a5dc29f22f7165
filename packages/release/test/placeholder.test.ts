import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PLACEHOLDER, REPOSITORY, repositoryProblems } from '../src/repository.ts'

const ROOT = join(import.meta.dirname, '../../..')

test('a repository without an owner is reported, and one with an owner is not', () => {
  expect(repositoryProblems(`https://github.com/${PLACEHOLDER}/audit`)).toHaveLength(1)
  expect(repositoryProblems('https://github.com/someone/audit')).toEqual([])
})

test('the check of a release fails for as long as there is no owner', () => {
  const program = join(import.meta.dirname, '../src/release.ts')
  const { status, stderr } = spawnSync(process.execPath, [program, 'ready'], { encoding: 'utf8' })
  const problems = repositoryProblems(REPOSITORY)
  expect(status).toBe(problems.length)
  expect(stderr).toContain(problems.join('\n'))
})

test('no way to a release leads past this check', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(scripts['release-check']).toBe('node packages/release/src/release.ts ready')
  expect(scripts.release).toMatch(/^pnpm release-check && /)
  const workflow = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8')
  const steps = ['run: pnpm release-check', 'changesets/action/pack@', 'changesets/action/publish@']
  const places = steps.map(step => workflow.indexOf(step))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
})
