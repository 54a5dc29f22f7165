import type { EntryInput } from '@audit/core'

/** Somebody who stores exchanges: this project, or a rival. */
export interface Contender {
  /** As it stands in tables and plots. */
  readonly name: string
  /** Where an entry is once it was acknowledged. */
  readonly durable: string
  /** What makes a later change evident. */
  readonly hashed: string
  /** Starts anew in an empty place: a folder, or a database. */
  open(place: string): Promise<Recorder>
}

/**
 * Stores exchanges one by one, for callers who each wait for theirs; or, where it is a bare loop without callers, so
 * many at once as callers would hand over.
 */
export type Recorder = Closable &
  (
    | { readonly record: (exchange: EntryInput) => Promise<unknown> | undefined }
    | { readonly write: (batch: readonly EntryInput[]) => Promise<unknown> | undefined }
  )

interface Closable {
  /** Resolves when all that was recorded is with the operating system, for those who acknowledge earlier. */
  readonly flush?: () => Promise<void>
  readonly close: () => Promise<void>
}
