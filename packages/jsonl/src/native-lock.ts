import { createRequire } from 'node:module'
import { AuditError } from '@audit/core'

/** The part of `fs-native-extensions` that is used here; the package has no types of its own. */
export interface NativeLock {
  /** Takes a lock on a range of bytes, or returns false where another descriptor holds it. Never waits. */
  tryLock(fd: number, offset: number, length: number, options?: { readonly shared?: boolean }): boolean
  unlock(fd: number, offset: number, length: number): void
}

/**
 * Loads fs-native-extensions as the file `anchor` would: the worker's code has no place of its own.
 *
 * @throws AuditError `AUDIT_OPEN_FAILED`.
 */
export function loadNativeLock(anchor: string): NativeLock {
  try {
    return createRequire(anchor)('fs-native-extensions')
  } catch (cause) {
    throw new AuditError(
      'AUDIT_OPEN_FAILED',
      'fs-native-extensions cannot be loaded; install it, and leave it out of a bundle (external)',
      { cause },
    )
  }
}
