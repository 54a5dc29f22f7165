import { AuditError } from '@audit/core'
import type { NativeLock } from './native-lock.ts'

/** `shared` keeps writers out; `exclusive` keeps everyone out. */
export type LockMode = 'shared' | 'exclusive'

/**
 * One byte far behind the end of any file, since a lock on Windows keeps others from reading what it covers.
 * macOS knows only the lock on the whole file, which is advisory there.
 */
const [OFFSET, LENGTH] = process.platform === 'darwin' ? [0, 0] : [2 ** 62, 1]

const PATIENCE_MS = 30_000
const LONGEST_PAUSE_MS = 3

/** When a call that begins now stops waiting for locks, however many it needs: a time of `performance.now()`. */
export function newDeadline(): number {
  return performance.now() + PATIENCE_MS
}

/**
 * The operating system's lock on the log file (an open file description lock on Linux). It excludes every other
 * descriptor, in this process too and under whatever name it was opened, and the kernel frees it when the process dies.
 */
export class FileLock {
  readonly #native: NativeLock
  readonly #descriptor: number
  #isKept = false

  /** @param descriptor used for nothing that another lock protects. A shared lock needs one that reads, an exclusive one that writes. */
  constructor(native: NativeLock, descriptor: number) {
    this.#native = native
    this.#descriptor = descriptor
  }

  /**
   * Does something under the lock. It is done synchronously: nothing but the system's calls decides how long others
   * wait, and two callers that share this descriptor, whom the lock does not tell apart, cannot meet within it.
   *
   * @param mustKeep asked afterwards, also when `section` threw; the lock is then held until `release`.
   * @throws AuditError `AUDIT_BUSY` once the deadline has passed.
   */
  async hold<T>(
    mode: LockMode,
    deadline: number,
    section: () => T,
    mustKeep: () => boolean = () => false,
  ): Promise<T> {
    while (!this.#take(mode)) {
      if (performance.now() > deadline) throw busy()
      // A thread of the pool that waits would be one less for the holder, in another thread, to finish with.
      await randomPause()
    }
    try {
      return section()
    } finally {
      this.#isKept = mustKeep()
      if (!this.#isKept) this.release()
    }
  }

  /** Lets go of a lock that was kept. */
  release(): void {
    this.#isKept = false
    this.#native.unlock(this.#descriptor, OFFSET, LENGTH)
  }

  #take(mode: LockMode): boolean {
    if (this.#isKept) return false
    return this.#native.tryLock(this.#descriptor, OFFSET, LENGTH, { shared: mode === 'shared' })
  }
}

function busy(): AuditError {
  return new AuditError(
    'AUDIT_BUSY',
    `another process has held the log's lock for ${PATIENCE_MS / 1000} seconds; nothing was stored, so try again`,
  )
}

/** Random, so that those who wait do not meet again and again. */
function randomPause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.random() * LONGEST_PAUSE_MS))
}
