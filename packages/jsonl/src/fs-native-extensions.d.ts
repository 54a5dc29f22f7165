/** The part of `fs-native-extensions` that is used here; the package has no types of its own. */
declare module 'fs-native-extensions' {
  /** Takes a lock on a range of bytes, or returns false where another descriptor holds it. Never waits. */
  export function tryLock(
    fd: number,
    offset: number,
    length: number,
    options?: { readonly shared?: boolean },
  ): boolean
  export function unlock(fd: number, offset: number, length: number): void
}
