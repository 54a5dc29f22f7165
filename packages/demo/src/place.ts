import type { AuditBackend, AuditEntry } from '@audit/core'

/** Where the demo keeps its log, and what is particular about that. */
export interface Place {
  readonly backend: AuditBackend
  /** Tries to change an entry past this software, and prints what comes of it. */
  showBypass?(entry: AuditEntry): Promise<void>
  /** Says where the log lies, and how to look into it without this software. */
  showWhereabouts(): void
  /** Where `audit view` finds the log; `undefined` where it finds none, as in the memory of this process. */
  readonly view?: ViewedLog
  /** Ends what was started for the log, which is closed by then. */
  end?(): Promise<void>
}

/** What `audit view` is told to find a log. */
export interface ViewedLog {
  readonly args: readonly string[]
  /** A password stands in the environment, where others cannot see it. */
  readonly env?: Readonly<Record<string, string>>
}
