import { AuditError } from '@audit/core'
import { tryLock, unlock } from 'fs-native-extensions'

/** `shared` keeps writers out; `exclusive` keeps everyone out. */
export type LockMode = 'shared' | 'exclusive'

/**
 * One byte far behind the end of any file, since a lock on Windows keeps others from reading what it covers.
 * macOS knows only the lock on the whole file, which is advisory there.
 */
const [OFFSET, LENGTH] = process.platform === 'darwin' ? [0, 0] : [2 ** 62, 1]

const PATIENCE_MS = 30_000
const LONGEST_PAUSE_MS = 3

/**
 * The operating system's lock on the log file (an open file description lock on Linux). It excludes every other
 * descriptor, in this process too, and the kernel frees it when the process dies.
 *
 * It belongs to its descriptor: two callers that share one are not kept apart, so order them before.
 */
export class FileLock {
  readonly #descriptor: number

  /** @param descriptor open for reading and writing, and used for nothing that another lock protects. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  /**
   * Waits for the lock without blocking a thread: a thread of the pool that waits would be one less for the
   * holder, in another worker thread, to finish with.
   *
   * @throws AuditError `AUDIT_BUSY` after 30 seconds.
   */
  async acquire(mode: LockMode): Promise<void> {
    const patience = performance.now() + PATIENCE_MS
    while (!tryLock(this.#descriptor, OFFSET, LENGTH, { shared: mode === 'shared' })) {
      if (performance.now() > patience) {
        throw new AuditError(
          'AUDIT_BUSY',
          `another process has held the log's lock for ${PATIENCE_MS / 1000} seconds; nothing was stored, so try again`,
        )
      }
      await randomPause()
    }
  }

  /** Lets go of it. */
  release(): void {
    unlock(this.#descriptor, OFFSET, LENGTH)
  }
}

/** Random, so that those who wait do not meet again and again. */
function randomPause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.random() * LONGEST_PAUSE_MS))
}
