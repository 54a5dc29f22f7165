import { lstat } from 'node:fs/promises'

/** Whether a path is itself a symbolic link, wherever that leads. */
export function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    stats => stats.isSymbolicLink(),
    () => false,
  )
}
