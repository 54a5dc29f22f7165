import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../src/errors.ts'
import { FINDING_KINDS } from '../src/verification/finding.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** Rows of the README's tables whose first cell matches: name and meaning. */
function rowsOf(name: RegExp): string[][] {
  const rows = README.split('\n').map(line => line.split('|').map(cell => cell.trim()))
  return rows.filter(row => name.test(row[1] ?? '')).map(row => [row[1] ?? '', row[2] ?? ''])
}

test.each([
  ['error code', ERROR_CODES, /^`AUDIT_/],
  ['finding', FINDING_KINDS, /^`[a-z]+(-[a-z]+)*`$/],
] as const)('the README has a row for each %s, and says the same', (_, meanings, name) => {
  const rows = rowsOf(name)
  for (const [key, meaning] of Object.entries(meanings)) expect(rows).toContainEqual([`\`${key}\``, meaning])
})

test('the README has no error code that does not exist', () => {
  for (const [code = ''] of rowsOf(/^`AUDIT_/)) expect(ERROR_CODES).toHaveProperty(code.replaceAll('`', ''))
})
