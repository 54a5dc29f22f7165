import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TemporaryRepository } from './temporary-repository.ts'

const PROGRAM = join(import.meta.dirname, '../src/commit-subjects.ts')

function git(cwd: string, ...args: readonly string[]): void {
  execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args], { cwd })
}

/** Checks the subject of a commit that follows one with a subject that is wrong. */
function statusFor(subject: string): number | null {
  using repository = new TemporaryRepository()
  git(repository.root, 'init', '--quiet')
  git(repository.root, 'commit', '--quiet', '--allow-empty', '--message', 'Whatever was before')
  git(repository.root, 'tag', 'base')
  git(repository.root, 'commit', '--quiet', '--allow-empty', '--message', subject)
  return spawnSync(process.execPath, [PROGRAM, 'base'], { cwd: repository.root }).status
}

test.each(['core: Do this', 'core, jsonl: Do this', 'docs: Say: this', 'deps: bump a from 1 to 2'])(
  'accepts %j',
  subject => expect(statusFor(subject)).toBe(0),
)

test.each([
  'Do this',
  'core',
  'Core: Do this',
  'core Do this',
  'feat(core): do this',
  'core,nothing: Do this',
  'core:Do this',
])('refuses %j', subject => expect(statusFor(subject)).toBe(1))
