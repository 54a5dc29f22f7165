import { requirePackage } from '@audit/core/backend'

/** The part of `fs-native-extensions` that is used here; the package has no types of its own. */
export interface NativeLock {
  /** Takes a lock on a range of bytes, or returns false where another descriptor holds it. Never waits. */
  tryLock(fd: number, offset: number, length: number, options?: { readonly shared?: boolean }): boolean
  unlock(fd: number, offset: number, length: number): void
}

/**
 * Loads fs-native-extensions as the first of these files would that can: the worker's code has no place of its own.
 *
 * @throws AuditError `AUDIT_OPEN_FAILED`.
 */
export function loadNativeLock(anchors: readonly string[]): NativeLock {
  return requirePackage<NativeLock>('fs-native-extensions', anchors, () => {}) // requiring it loads the binary
}
