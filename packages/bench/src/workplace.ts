import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Inside the checkout, since a system's folder for temporary files is often no disk, and there syncing costs nothing.
const PLACE = fileURLToPath(new URL('../.workplace', import.meta.url))

/** Runs a measurement with as many empty folders as it asks for, and removes them afterwards. */
export async function inNewFolder(measure: (newFolder: () => string) => Promise<void>): Promise<void> {
  mkdirSync(PLACE, { recursive: true })
  const top = mkdtempSync(join(PLACE, 'run-'))
  try {
    await measure(() => mkdtempSync(join(top, '')))
  } finally {
    rmSync(top, { recursive: true, force: true })
  }
}
