import { AuditError } from '@audit/core'
import type { NativeLock } from './native-lock.ts'

/** `shared` keeps writers out; `exclusive` keeps everyone out. */
export type LockMode = 'shared' | 'exclusive'

/**
 * One byte far beyond the end of any file, because a lock on Windows keeps others from reading what it covers.
 * macOS only has locks on the whole file, which are advisory.
 */
const [OFFSET, LENGTH] = process.platform === 'darwin' ? [0, 0] : [2 ** 62, 1]

const PATIENCE_MS = 30_000
const LONGEST_PAUSE_MS = 3

/** When a call that starts now stops waiting for locks, however many it needs: a time of `performance.now()`. */
export function newDeadline(): number {
  return performance.now() + PATIENCE_MS
}

/**
 * The operating system's lock on the log file (an open file description lock on Linux). It excludes every other
 * descriptor, even in this process and under another name. The kernel frees it when the process dies.
 */
export class FileLock {
  readonly #native: NativeLock
  readonly #descriptor: number
  #isKept = false

  /** @param descriptor must not be used under another lock. A shared lock needs one that reads, an exclusive one that writes. */
  constructor(native: NativeLock, descriptor: number) {
    this.#native = native
    this.#descriptor = descriptor
  }

  /**
   * Runs `section` under the lock, synchronously. So only system calls decide how long others wait, and two callers with
   * this descriptor, whom the lock cannot tell apart, never run at once.
   *
   * @param mustKeep called afterwards, even if `section` threw. If it returns true, the lock is held until `release`.
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
      // Waiting in the thread pool would take a thread from the holder, who may need it to finish.
      await randomPause()
    }
    try {
      return section()
    } finally {
      this.#isKept = mustKeep()
      if (!this.#isKept) this.release()
    }
  }

  /** Releases a lock that was kept. */
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

/** Random, so that waiting processes do not collide again and again. */
function randomPause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.random() * LONGEST_PAUSE_MS))
}
