import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const END = '<!-- end of the results -->'

/** Puts the results of a command between their marks in the README of a folder, and plots into its `plots`. */
export function writeReport(
  folder: string,
  command: string,
  results: string,
  plots: ReadonlyMap<string, string> = new Map(),
): void {
  const path = join(folder, 'README.md')
  const readme = readFileSync(path, 'utf8')
  const mark = `<!-- results: written by \`${command}\` -->`
  const begin = readme.indexOf(mark)
  const end = readme.indexOf(END, begin)
  if (begin === -1 || end === -1) throw new Error(`${path} has no marks for the results of ${command}`)
  writeFileSync(path, `${readme.slice(0, begin)}${mark}\n\n${results}\n\n${readme.slice(end)}`)
  mkdirSync(join(folder, 'plots'), { recursive: true })
  for (const [name, svg] of plots) writeFileSync(join(folder, 'plots', name), svg)
}
