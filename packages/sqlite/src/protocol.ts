import type { EntryDigests, Finding, Selection, SummaryPart, SummaryRequest } from '@audit/core/backend'
import type { LogFiles } from './log-file.ts'
import type { PackedFailure } from './packed-failure.ts'
import type { NewRow, Row } from './row.ts'
import type { EntryRange } from './selection-sql.ts'

/** What a worker is started with. */
export interface WorkerSetup {
  /** Writers append; readers answer queries beside a writer; auditors answer queries and change nothing on the disk. */
  readonly role: 'writer' | 'reader' | 'auditor'
  /** Absolute path of the log's file. */
  readonly path: string
  /** Files and URLs from which better-sqlite3 is resolved, in this order. */
  readonly anchors: readonly string[]
  /** The files that were opened before; others in their place are refused. Without it, a missing file is created. */
  readonly known?: KnownLog
}

/** What is known about a log that was opened before. */
export interface KnownLog {
  readonly files: LogFiles
  /** How many entries it has at least. */
  readonly size: number
}

/** What a worker does on request. A writer answers the first six, the others answer the rest. */
export interface Operations {
  open(): LogFiles
  unindexed(keys: readonly string[]): UnindexedKeys
  createIndex(key: string): void
  append(batch: Batch): number
  indexOf(entryId: string): number | null
  keepRoots(roots: readonly Roots[]): void
  openReadOnly(): void
  size(): number
  read(start: number, end: number): RowPage
  digests(start: number, end: number): EntryDigests
  find(selection: Selection): RowPage
  count(selection: Selection): number
  extent(request: SummaryRequest): Extent
  summarize(request: SummaryRequest, range: EntryRange): readonly SummaryPart[]
  leafHashes(start: number, end: number): Uint8Array
  roots(level: number, start: number, end: number): Uint8Array
  inspect(): Finding[]
}

/** Keys of the metadata that have no index yet. */
export interface UnindexedKeys {
  readonly keys: readonly string[]
  /** How many entries the log has. */
  readonly size: number
}

/** Entries to store. */
export interface Batch {
  readonly rows: readonly NewRow[]
  /** 32 bytes per row, joined: one buffer reaches the worker faster than many. */
  readonly hashes: Uint8Array
  /** How many entries the log has at least, as far as this process knows. */
  readonly leastSize: number
  /** Subtree roots to store with the batch, so that they cost no commit of their own. */
  readonly roots: readonly Roots[]
}

/** Roots of complete subtrees of a level, from a position on: 32 bytes each, joined. */
export interface Roots {
  readonly level: number
  readonly start: number
  readonly hashes: Uint8Array
}

/** Rows, and whether more may follow. */
export interface RowPage {
  readonly rows: readonly Row[]
  readonly isPartial: boolean
}

/** What a summary would read. */
export interface Extent {
  /** How many entries the log has. */
  readonly size: number
  /** Whether it takes so long that other queries should not wait for it. */
  readonly isLong: boolean
  /** Whether it would read a copy of the log: each thread would make one of its own. */
  readonly isCopied: boolean
}

export interface Request {
  readonly id: number
  readonly operation: keyof Operations | 'close'
  readonly args: readonly unknown[]
}

export type Response =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: PackedFailure }
