import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removedAtExit } from './removed-at-exit.ts'

/** A folder for temporary files that this user alone may read. Disposing of it removes it, and so does the end of the process. */
export interface PrivateFolder {
  readonly path: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Makes a private folder. */
export async function privateFolder(): Promise<PrivateFolder> {
  const path = await mkdtemp(join(tmpdir(), 'audit-'))
  const atExit = removedAtExit(path)
  const remove = async () => {
    await rm(path, { recursive: true, force: true })
    atExit[Symbol.dispose]()
  }
  return { path, [Symbol.asyncDispose]: remove }
}
