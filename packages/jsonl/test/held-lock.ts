import { closeSync, openSync } from 'node:fs'
import { FileLock, newDeadline } from '../src/file-lock.ts'
import { loadNativeLock } from '../src/native-lock.ts'

/** Takes the lock on a file as a writer does, and gives what releases it. */
export async function holdLock(path: string): Promise<() => void> {
  const descriptor = openSync(path, 'r+')
  await new FileLock(loadNativeLock([import.meta.url]), descriptor).hold(
    'exclusive',
    newDeadline(),
    () => {},
    () => true,
  )
  return () => closeSync(descriptor)
}
