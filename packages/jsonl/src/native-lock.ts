import { requirePackage } from '@audit/core/backend'

/** The part of `fs-native-extensions` that is used here; the package has no types of its own. */
export interface NativeLock {
  /** Takes a lock on a range of bytes, or returns false if another descriptor holds it. Never waits. */
  tryLock(fd: number, offset: number, length: number, options?: { readonly shared?: boolean }): boolean
  unlock(fd: number, offset: number, length: number): void
}

/**
 * Loads fs-native-extensions from the first of these files that can resolve it: the worker's code has no file of its own.
 *
 * @throws AuditError `AUDIT_OPEN_FAILED`.
 */
export function loadNativeLock(anchors: readonly string[]): NativeLock {
  return requirePackage<NativeLock>('fs-native-extensions', anchors, () => {}) // requiring the package loads the binary
}
