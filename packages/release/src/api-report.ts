import { globSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import type { PublishedPackage } from './published-package.ts'

/** A module that applications import, such as `@audit/core/verify`. */
interface EntryPoint {
  /** `index` for the package itself, `verify`. */
  readonly name: string
  /** Absolute path of its built declarations. */
  readonly declarations: string
}

/** Says which entry points no longer have the API that their committed report shows. The packages must be built. */
export function apiProblems(published: PublishedPackage): readonly string[] {
  const entryPoints = entryPointsOf(published)
  const changed = entryPoints.filter(entryPoint => hasChanged(published, entryPoint, false))
  return [...changed.map(reportOf), ...strayReports(published, entryPoints)].map(
    report =>
      `${published.directory}/api/${report} is not the API as it is built; run pnpm api, and commit it with the change that causes it`,
  )
}

/** Writes the report of each entry point, and removes those of entry points that are gone. */
export function updateApi(published: PublishedPackage): void {
  const entryPoints = entryPointsOf(published)
  mkdirSync(join(published.folder, 'api'), { recursive: true })
  for (const entryPoint of entryPoints) hasChanged(published, entryPoint, true)
  for (const report of strayReports(published, entryPoints)) rmSync(join(published.folder, 'api', report))
}

/** What `exports` names and has types: all but `./package.json`. */
function entryPointsOf({ folder, manifest }: PublishedPackage): readonly EntryPoint[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([path, target]) => {
    if (typeof target === 'string' || target.types === undefined) return []
    const name = path === '.' ? 'index' : path.slice('./'.length).replaceAll('/', '-')
    return [{ name, declarations: join(folder, target.types) }]
  })
}

function reportOf({ name }: EntryPoint): string {
  return `${name}.api.md`
}

function strayReports({ folder }: PublishedPackage, entryPoints: readonly EntryPoint[]): readonly string[] {
  const expected = entryPoints.map(reportOf)
  return globSync('*.api.md', { cwd: join(folder, 'api') }).filter(report => !expected.includes(report))
}

/** Compares the committed report of an entry point with its API, and replaces it if told to. */
function hasChanged(
  { folder }: PublishedPackage,
  { name, declarations }: EntryPoint,
  replace: boolean,
): boolean {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [declarations] } },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: join(folder, 'api'),
        reportTempFolder: join(folder, 'node_modules/.api'),
        includeForgottenExports: true, // a type that no one can name is part of the API all the same
      },
      messages: {
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  })
  const { apiReportChanged, errorCount } = Extractor.invoke(config, {
    localBuild: replace,
    messageCallback: message => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error
    },
  })
  if (errorCount > 0) throw new Error(`the API of ${declarations} cannot be read`)
  return apiReportChanged
}

const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
}
