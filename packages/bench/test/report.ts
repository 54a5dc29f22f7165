import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@audit/harness/vitest'

/** A copy of the README in a folder of its own, and what a command has written into it. */
export function newReport(command: string) {
  const folder = temporaryFolder()
  const path = join(folder, 'README.md')
  copyFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), path)
  return {
    folder,
    read() {
      const [, rest = ''] = readFileSync(path, 'utf8').split(`<!-- results: written by \`${command}\` -->`)
      const [text = ''] = rest.split('<!-- end of the results -->')
      const rows = text.split('\n').filter(line => line.startsWith('| '))
      return { text, rowsOf: (name: string) => rows.filter(row => row.startsWith(`| ${name} `)) }
    },
  }
}
