import {
  AuditError,
  type AuditErrorCode,
  type EntryDigests,
  type Finding,
  type Selection,
  type SummaryRequest,
} from '@audit/core/backend'
import type { Batch } from './batch.ts'
import type { Damage } from './damage.ts'
import type { EntryPage } from './log-reader.ts'
import type { KnownLog } from './open-log.ts'
import type { PackedSummary } from './packed-summary.ts'

/** What a worker is started with. */
export interface WorkerSetup {
  /** Absolute path of the log's file. */
  readonly path: string
  readonly isReadOnly: boolean
  /** Keys of the metadata by whose values entries are found. */
  readonly metadataIndexes: readonly string[]
  /** Files and URLs from which fs-native-extensions is resolved, in this order. */
  readonly anchors: readonly string[]
  /** How many damaged lines were not yet reported to the application: one number, which both threads change. */
  readonly untold: Int32Array
  /** The log as an earlier worker, which has died, knew it. */
  readonly known?: KnownLog
}

/** What a worker does on request. The first request opens the log. */
export interface Operations {
  open(): KnownLog
  append(batch: Batch): number
  storedIndexesOf(entryIds: readonly string[]): (number | undefined)[]
  size(): number
  read(start: number, end: number): EntryPage
  digests(start: number, end: number): EntryDigests
  find(selection: Selection): EntryPage
  count(selection: Selection): number
  summarize(request: SummaryRequest): PackedSummary
  leafHashes(start: number, end: number): Uint8Array<ArrayBuffer>
  damages(): readonly Damage[]
  inspect(): readonly Finding[]
  /** Waits for pending calls, and closes the file. */
  close(): void
}

export interface Request {
  readonly id: number
  readonly operation: keyof Operations
  readonly args: readonly unknown[]
}

/** What a worker sends: an answer, or damaged lines that it has found. */
export type Message =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly damages: readonly Damage[] }

/** An `AuditError` in transit between threads, which would lose its class and extra properties. */
export interface Failure {
  readonly code: AuditErrorCode
  readonly message: string
  readonly cause?: { readonly name: string; readonly message: string; readonly code?: string }
}

/** Packs an error to send it to another thread. */
export function packFailure({ code, message, cause }: AuditError): Failure {
  if (!(cause instanceof Error)) return { code, message }
  const causeCode = 'code' in cause && typeof cause.code === 'string' ? { code: cause.code } : {}
  return { code, message, cause: { name: cause.name, message: cause.message, ...causeCode } }
}

/** Restores the error in the other thread. */
export function unpackFailure({ code, message, cause }: Failure): AuditError {
  if (!cause) return new AuditError(code, message)
  const { message: reason, ...rest } = cause
  return new AuditError(code, message, { cause: Object.assign(new Error(reason), rest) })
}
