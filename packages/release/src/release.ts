// What is run by the scripts in the root package.json: see CONTRIBUTING.md.
import { join, resolve } from 'node:path'
import { apiProblems, updateApi } from './api-report.ts'
import { metadataProblems, updateMetadata } from './metadata.ts'
import { type CommittedSizes, commitSizes, committedSizes, packedSize, sizeProblems } from './packed-size.ts'
import { type PublishedPackage, publishedPackages } from './published-package.ts'
import { REPOSITORY, repositoryProblems } from './repository.ts'

const ROOT = join(import.meta.dirname, '../../..')

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<readonly string[]>>> = {
  check,
  metadata,
  api,
  sizes,
  ready: async () => repositoryProblems(REPOSITORY),
}

/** `check [FOLDER…]`: all that can be wrong about packages, by their folders. Default: all packages. */
async function check(folders: readonly string[]): Promise<readonly string[]> {
  const wanted = folders.map(folder => resolve(folder))
  const packages = publishedPackages(ROOT).filter(({ folder }) => !wanted.length || wanted.includes(folder))
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
  const packages = publishedPackages(ROOT)
  const measured = await measure(packages)
  const committed = committedSizes(ROOT)
  const rows = Object.entries(measured).map(([name, { packed, unpacked }]) => {
    const { packed: before, unpacked: unpackedBefore } = committed[name] ?? {}
    return [name, { packed, 'committed packed': before, unpacked, 'committed unpacked': unpackedBefore }]
  })
  console.table(Object.fromEntries(rows))
  if (option === '--update') commitSizes(ROOT, measured)
  return option === '--update' ? [] : packages.flatMap(({ name }) => problemOf(name, measured, committed))
}

function problemOf(name: string, measured: CommittedSizes, committed: CommittedSizes): readonly string[] {
  const size = measured[name]
  return size ? sizeProblems(name, size, committed[name]) : []
}

async function measure(packages: readonly PublishedPackage[]): Promise<CommittedSizes> {
  const measured: [string, Awaited<ReturnType<typeof packedSize>>][] = []
  for (const published of packages) measured.push([published.name, await packedSize(published)])
  return Object.fromEntries(measured)
}

const [command = '', ...args] = process.argv.slice(2)
const run = COMMANDS[command]
if (!run) throw new Error(`usage: release.ts ${Object.keys(COMMANDS).join(' | ')}`)
const problems = await run(args)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
