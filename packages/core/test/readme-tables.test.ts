import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

/** Rows of a table of codes: name and meaning. */
function rowsOf(text: string, name: RegExp): string[][] {
  const rows = text.split('\n').map(line =>
    line
      .replace(/^ \* /, '')
      .split('|')
      .map(cell => cell.trim()),
  )
  return rows.filter(row => name.test(row[1] ?? '')).map(row => [row[1] ?? '', row[2] ?? ''])
}

/** Members of a union of texts in the source. */
function membersOf(source: string, type: string): string[] {
  const union = source.slice(source.indexOf(`export type ${type} =`))
  return [...union.slice(0, union.indexOf('\n\n')).matchAll(/\| '([^']+)'/g)].map(
    ([, member]) => `\`${member}\``,
  )
}

test.each([
  ['AuditErrorCode', '../src/errors.ts', /^`AUDIT_/],
  ['FindingKind', '../src/verification/finding.ts', /^`[a-z]+(-[a-z]+)*`$/],
] as const)('README and docstring have a row for each %s, and say the same', (type, path, name) => {
  const source = read(path)
  const documented = rowsOf(source, name)
  expect(documented.map(([code]) => code)).toEqual(membersOf(source, type))
  const readme = rowsOf(read('../README.md'), name)
  for (const row of documented) expect(readme).toContainEqual(row)
})
