// commit-subjects.ts BASE: checks the subjects of the commits since BASE. It runs before anything is installed.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGES = join(import.meta.dirname, '../..')

/** What a commit can be about besides a package: CONTRIBUTING.md explains them. */
const OTHERS = ['docs', 'ci', 'tools', 'deps', 'all']

const prefixes = [...readdirSync(PACKAGES), ...OTHERS]
const [base = 'main'] = process.argv.slice(2)
const log = execFileSync('git', ['log', '--no-merges', '--format=%h %s', `${base}..HEAD`], {
  encoding: 'utf8',
})
const wrong = log
  .split('\n')
  .filter(line => line !== '' && !beginsWithPrefix(line.slice(line.indexOf(' ') + 1)))
for (const line of wrong) console.error(line)
if (wrong.length > 0) {
  console.error(
    `Begin each subject with what it is about, as in "core: …" or "core, jsonl: …": ${prefixes.join(', ')}`,
  )
  process.exitCode = 1
}

function beginsWithPrefix(subject: string): boolean {
  const [names = '', ...rest] = subject.split(': ')
  return rest.length > 0 && names.split(', ').every(name => prefixes.includes(name))
}
