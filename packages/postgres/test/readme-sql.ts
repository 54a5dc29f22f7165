import { readFileSync } from 'node:fs'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The statements of the README that begin with `-- <name>`. */
export function readmeSql(name: string): string {
  const blocks = Array.from(README.matchAll(/^```sql\n([\s\S]*?)^```$/gm), ([, sql = '']) => sql)
  const found = blocks.find(sql => sql.startsWith(`-- ${name}\n`))
  if (found === undefined) throw new Error(`the README has no ${name}`)
  return found
}
