import { onTestFinished } from 'vitest'
import { TemporaryFolder } from './temporary-folder.ts'

/** A new empty folder, removed with all that is in it when the test has finished. */
export function temporaryFolder(): string {
  const folder = new TemporaryFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  return folder.path
}
