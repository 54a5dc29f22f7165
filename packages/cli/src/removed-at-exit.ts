import { rmSync } from 'node:fs'

/**
 * Removes files and folders if the process ends before this is disposed of, as a second Ctrl-C ends it: then nothing else is run.
 *
 * @example
 * const atExit = removedAtExit(folder)
 */
export function removedAtExit(...paths: readonly string[]): Disposable {
  const remove = () => {
    for (const path of paths) removeIfPossible(path)
  }
  process.prependOnceListener('exit', remove) // the last first, so that a lock goes after what it guards
  return { [Symbol.dispose]: () => void process.off('exit', remove) }
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // the process is ending, and Windows removes no open file
  }
}
