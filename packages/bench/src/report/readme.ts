import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const BEGIN = '<!-- results: written by `pnpm bench` -->'
const END = '<!-- end of the results -->'

/** Puts the results between their marks in the README of a folder, and the plots into its `plots`. */
export function writeReport(folder: string, results: string, plots: ReadonlyMap<string, string>): void {
  const path = join(folder, 'README.md')
  const readme = readFileSync(path, 'utf8')
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)
  if (begin === -1 || end < begin) throw new Error(`${path} has no marks for the results`)
  writeFileSync(path, `${readme.slice(0, begin)}${BEGIN}\n\n${results}\n\n${readme.slice(end)}`)
  mkdirSync(join(folder, 'plots'), { recursive: true })
  for (const [name, svg] of plots) writeFileSync(join(folder, 'plots', name), svg)
}
