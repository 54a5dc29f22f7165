import { readFileSync } from 'node:fs'
import { lookAt } from './log-file.ts'

/**
 * Whether a process has the log at this real path open: SQLite then holds a lock on its `-shm`, or on the file itself.
 * Only Linux can say so, and only about processes that this one may see. Elsewhere, an existing `-shm` counts as in use.
 * The check disturbs no lock, not even this process's own.
 */
export function isHeld(path: string): boolean {
  const shm = lookAt(`${path}-shm`)
  const locks = readLocks()
  if (locks === undefined) return shm !== undefined && shm.size > 0n
  const inodes = [lookAt(path)?.ino, shm?.ino]
  // The device is left out, because on overlay file systems it differs from that of stat.
  return inodes.some(ino => ino !== undefined && locks.includes(`:${ino} `))
}

/** Whether a process has a lock on the file itself, as each process with the log open has. `false` if the system cannot say. */
export function isLocked(path: string): boolean {
  const ino = lookAt(path)?.ino
  return ino !== undefined && readLocks()?.includes(`:${ino} `) === true
}

function readLocks(): string | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    return readFileSync('/proc/locks', 'utf8')
  } catch {
    return undefined
  }
}
