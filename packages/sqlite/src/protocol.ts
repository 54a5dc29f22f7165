import type { AuditErrorCode, Finding, Selection } from '@audit/core'
import type { FileIdentity } from './log-file.ts'

/** What a worker is started with. */
export interface WorkerSetup {
  /** Writers append; readers answer queries and can change nothing. */
  readonly role: 'writer' | 'reader'
  /** Absolute path of the log's file. */
  readonly path: string
  /** Files and URLs from where better-sqlite3 is resolved, in this order. */
  readonly anchors: readonly string[]
  /** The file that was opened before: another one in its place is refused. Without it, a missing file is created. */
  readonly identity?: FileIdentity
}

/** What a worker does on request. A writer answers the first three, a reader the others. */
export interface Operations {
  open(): FileIdentity
  append(batch: Batch): number
  keepRoots(roots: readonly Roots[]): void
  size(): number
  read(start: number, end: number): Row[]
  find(selection: Selection): Row[]
  count(selection: Selection): number
  leafHashes(start: number, end: number): Uint8Array
  roots(level: number, start: number, end: number): Uint8Array
  inspect(): Finding[]
}

/** Entries on their way in. */
export interface Batch {
  readonly rows: readonly NewRow[]
  /** 32 bytes a row, joined: one buffer crosses to the worker faster than many. */
  readonly hashes: Uint8Array
  /** Subtree roots that come along, so that they cost no commit of their own. */
  readonly roots: readonly Roots[]
}

/** Roots of complete subtrees of a level, from a place on: 32 bytes each, joined. */
export interface Roots {
  readonly level: number
  readonly start: number
  readonly hashes: Uint8Array
}

/** An entry's values in the order of the columns, without its index, its hash coming apart. */
export type NewRow = readonly [
  entryId: string,
  timestamp: string,
  user: string,
  model: string,
  costUsd: number | null,
  latencyMs: number | null,
  /** Canonical JSON. */
  metadata: string,
  inputText: string,
  outputText: string,
]

/** An entry's values in the order of the columns, without its hash and its checksum. */
export type Row = readonly [index: number, ...NewRow]

export interface Request {
  readonly id: number
  readonly operation: keyof Operations | 'close'
  readonly args: readonly unknown[]
}

export type Response =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure }

/** An `AuditError` on its way between threads, where a class and its extra properties would be lost. */
export interface Failure {
  readonly code: AuditErrorCode
  readonly message: string
  readonly cause?: { readonly name: string; readonly message: string; readonly code?: string }
}
