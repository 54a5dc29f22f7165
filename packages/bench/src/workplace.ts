import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Runs a measurement with as many places as it asks for, and clears them away afterwards. A place is where one log or one
 * rival keeps what it stores: new, empty, and found by its name in any process.
 */
export type Workplace = (measure: (newPlace: () => Promise<string>) => Promise<void>) => Promise<void>

// Inside the checkout, since a system's folder for temporary files is often no disk, and there syncing costs nothing.
const TOP = fileURLToPath(new URL('../.workplace', import.meta.url))

/** Places are folders, by their path. */
export const inFolders: Workplace = async measure => {
  mkdirSync(TOP, { recursive: true })
  const top = mkdtempSync(join(TOP, 'run-'))
  try {
    await measure(async () => mkdtempSync(join(top, '')))
  } finally {
    rmSync(top, { recursive: true, force: true })
  }
}
