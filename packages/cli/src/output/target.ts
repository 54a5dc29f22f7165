/** Where a command writes what it makes: a file, or standard output. */
export interface Target extends AsyncDisposable {
  /** Writes, and resolves once there is room for more. Throws CommandError, as on a full disk. */
  write(chunk: string | Uint8Array): Promise<void>
  /** Makes all that was written the file. Without it, disposing leaves nothing behind. */
  commit(): Promise<void>
}
