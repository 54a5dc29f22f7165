import { readFileSync } from 'node:fs'
import { lookAt } from './log-file.ts'

/**
 * Whether a process has the log at this real path open: SQLite then holds a lock on its `-shm`, or on the file itself.
 * Linux alone says so, and only of processes that this one may see; elsewhere a `-shm` that is there counts as one in
 * use. Not even a lock of this process is disturbed by asking.
 */
export function isHeld(path: string): boolean {
  const shm = lookAt(`${path}-shm`)
  const locks = readLocks()
  if (locks === undefined) return shm !== undefined && shm.size > 0n
  const inodes = [lookAt(path)?.ino, shm?.ino]
  // The device is left out: file systems that are laid over others name another one here than in stat.
  return inodes.some(ino => ino !== undefined && locks.includes(`:${ino} `))
}

/** Whether a process has a lock on the file itself, as each has that has the log open. `false` where nobody says so. */
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
