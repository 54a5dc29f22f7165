import { cpSync, existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What better-sqlite3 is compiled from, and runs without. */
const SOURCES = /[\\/]better-sqlite3[\\/](deps|src)$/

/** Copies packages and all that they depend on into a folder's flat node_modules, as `npm install` does, without links. */
export function installInto(folder: string, from: string, names: readonly string[]): void {
  for (const name of names) {
    const target = join(folder, 'node_modules', name)
    if (existsSync(target)) continue
    const source = locate(from, name)
    cpSync(source, target, {
      recursive: true,
      filter: path => !SOURCES.test(path) && path !== join(source, 'node_modules'),
    })
    installInto(folder, source, dependenciesOf(source))
  }
}

function locate(from: string, name: string): string {
  const path = join(from, 'node_modules', name)
  if (existsSync(path)) return realpathSync(path)
  if (dirname(from) === from) throw new Error(`${name} is not installed`)
  return locate(dirname(from), name)
}

function dependenciesOf(path: string): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  return Object.keys(manifest.dependencies ?? {})
}
