// What is run by the scripts in the root package.json: see CONTRIBUTING.md.
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { apiProblems, updateApi } from './api-report.ts'
import { metadataProblems, updateMetadata } from './metadata.ts'
import { commitSizes, committedSizes, type PackedSize, packedSize, sizeProblems } from './packed-size.ts'
import { publishedPackages } from './published-package.ts'
import { REPOSITORY, repositoryProblems } from './repository.ts'

const ROOT = realpathSync(join(import.meta.dirname, '../../..'))

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<readonly string[]>>> = {
  check,
  metadata,
  api,
  sizes,
  ready: async () => repositoryProblems(REPOSITORY),
}

/** `check [FOLDER…]`: all that can be wrong about packages, by their folders. Default: all packages. */
async function check(folders: readonly string[]): Promise<readonly string[]> {
  const wanted = folders.map(folder => realpathSync(folder))
  const packages = publishedPackages(ROOT).filter(({ folder }) => !wanted.length || wanted.includes(folder))
  if (packages.length < wanted.length)
    return [`not all of these are published packages: ${folders.join(', ')}`]
  const problems = await Promise.all(
    packages.map(async published => [
      ...metadataProblems(published),
      ...apiProblems(published),
      ...sizeProblems(published.name, await packedSize(published), committedSizes(ROOT)[published.name]),
    ]),
  )
  return problems.flat()
}

/** `metadata`: writes the fields that all packages have alike. */
async function metadata(): Promise<readonly string[]> {
  publishedPackages(ROOT).forEach(updateMetadata)
  return []
}

/** `api`: writes the API reports. */
async function api(): Promise<readonly string[]> {
  publishedPackages(ROOT).forEach(updateApi)
  return []
}

/** `sizes [--update]`: prints how large the packages are, beside the committed sizes. */
async function sizes([option]: readonly string[]): Promise<readonly string[]> {
  const committed = committedSizes(ROOT)
  const measured: Record<string, PackedSize> = {}
  for (const published of publishedPackages(ROOT)) measured[published.name] = await packedSize(published)
  const rows = Object.entries(measured).map(([name, { packed, unpacked }]) => {
    const { packed: before, unpacked: unpackedBefore } = committed[name] ?? {}
    return [name, { packed, 'committed packed': before, unpacked, 'committed unpacked': unpackedBefore }]
  })
  console.table(Object.fromEntries(rows))
  if (option !== '--update') {
    return Object.entries(measured).flatMap(([name, size]) => sizeProblems(name, size, committed[name]))
  }
  commitSizes(ROOT, measured)
  return []
}

const [command = '', ...args] = process.argv.slice(2)
const run = COMMANDS[command]
if (!run) throw new Error(`usage: release.ts ${Object.keys(COMMANDS).join(' | ')}`)
const problems = await run(args)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
