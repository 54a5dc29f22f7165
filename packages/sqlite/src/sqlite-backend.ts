import { resolve } from 'node:path'
import {
  type AuditBackend,
  type AuditEntry,
  AuditError,
  canonicalJson,
  type Finding,
  HASH_BYTES,
  type JsonObject,
  type Leaf,
  type Selection,
  type SubtreeStore,
} from '@audit/core'
import { driverAnchors } from './driver-anchors.ts'
import type { FileIdentity } from './log-file.ts'
import type { Batch, Row, WorkerSetup } from './protocol.ts'
import { SubtreeTable } from './subtree-table.ts'
import { WorkerConnection } from './worker-connection.ts'

/** What `new SqliteBackend` takes. */
export interface SqliteBackendOptions {
  /**
   * The log's file, created by the first use when it is not there; its folder must be. Relative to the working folder at
   * the time of the construction. SQLite keeps two more files beside it, `<path>-wal` and `<path>-shm`.
   */
  readonly path: string
}

const OPTION_KEYS: readonly string[] = ['path'] satisfies (keyof SqliteBackendOptions)[]

/**
 * Keeps the log in one SQLite file, for any number of processes at once. What is acknowledged is on the disk.
 * The database is used in threads of their own: one that appends, and one that answers queries, once there is one.
 *
 * @example
 * const log = new AuditLog({ backend: new SqliteBackend({ path: 'audit.db' }) })
 */
export class SqliteBackend implements AuditBackend {
  readonly supports = { persistence: true, sharing: true }
  readonly subtrees: SubtreeStore
  readonly #subtrees: SubtreeTable
  readonly #path: string
  readonly #writer: WorkerConnection
  readonly #reader: WorkerConnection
  /** The file that was opened, from when it was: no worker may take another. */
  #identity: FileIdentity | undefined
  #closing: Promise<void> | undefined

  /** @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown option or a path that is none. Touches no file yet. */
  constructor(options: SqliteBackendOptions) {
    this.#path = pathOf(options)
    this.#writer = new WorkerConnection(() => this.#setup('writer'))
    this.#reader = new WorkerConnection(() => this.#setup('reader'))
    this.#subtrees = new SubtreeTable(
      () => this.#assertOpen(),
      (level, start, end) => this.#reader.request('roots', [level, start, end]),
    )
    this.subtrees = this.#subtrees
  }

  /**
   * Opens the file, or creates it.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED` for a missing folder, something that is no file, no permission;
   *   `AUDIT_UNSUPPORTED_FORMAT` for a file of another format, which is left as it was; `AUDIT_CORRUPT`; `AUDIT_BUSY`.
   */
  async open(): Promise<void> {
    if (this.#closing) throw closed()
    this.#identity = await this.#writer.request('open', [])
  }

  async append(leaves: readonly Leaf[]): Promise<number> {
    this.#assertOpen()
    const roots = this.#subtrees.waiting
    const batch = { ...batchOf(leaves), roots }
    const first = await this.#writer.request('append', [batch], [batch.hashes.buffer])
    this.#subtrees.stored(roots)
    return first
  }

  async size(): Promise<number> {
    this.#assertOpen()
    return this.#reader.request('size', [])
  }

  async read(start: number, end: number): Promise<AuditEntry[]> {
    this.#assertOpen()
    return (await this.#reader.request('read', [start, end])).map(entryOf)
  }

  async find(selection: Selection): Promise<AuditEntry[]> {
    this.#assertOpen()
    return (await this.#reader.request('find', [selection])).map(entryOf)
  }

  async count(selection: Selection): Promise<number> {
    this.#assertOpen()
    return this.#reader.request('count', [selection])
  }

  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    this.#assertOpen()
    return this.#reader.request('leafHashes', [start, end])
  }

  /**
   * Missing or changed triggers, tables and indexes, rows before the first place, and what `PRAGMA integrity_check` finds.
   * It reads the whole file, in a thread of its own.
   */
  async inspect(): Promise<readonly Finding[]> {
    this.#assertOpen()
    const inspector = new WorkerConnection(() => this.#setup('reader'))
    try {
      return await inspector.request('inspect', [])
    } finally {
      await inspector.close()
    }
  }

  /** Ends what is under way, then the threads. The last of all processes to close moves the `-wal` into the file. */
  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    await this.#keepWaitingRoots()
    await this.#reader.close() // first: a reader that closes last could not clear up behind the writer
    await this.#writer.close()
  }

  async #keepWaitingRoots(): Promise<void> {
    const { waiting } = this.#subtrees
    if (waiting.length === 0) return
    await this.#writer.request('keepRoots', [waiting]).catch(() => {}) // lost ones are computed anew
  }

  #setup(role: WorkerSetup['role']): WorkerSetup {
    return {
      role,
      path: this.#path,
      anchors: driverAnchors(),
      ...(this.#identity && { identity: this.#identity }),
    }
  }

  #assertOpen(): void {
    if (!this.#identity || this.#closing) throw closed()
  }
}

function pathOf(options: SqliteBackendOptions): string {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) throw invalidOptions('give { path }')
  for (const key of Object.keys(given)) {
    if (!OPTION_KEYS.includes(key)) {
      throw invalidOptions(`unknown option ${JSON.stringify(key)}; there is ${OPTION_KEYS.join(', ')}`)
    }
  }
  const path: unknown = 'path' in given ? given.path : undefined
  if (typeof path !== 'string' || path === '')
    throw invalidOptions('path must be the path of a file, such as audit.db')
  if (path === ':memory:') throw invalidOptions('for a log in memory, use the MemoryBackend of @audit/core')
  if (path.includes('\0') || path.trimEnd() !== path) {
    throw invalidOptions('path contains NUL or ends with white space, which SQLite would cut off')
  }
  return resolve(path)
}

function batchOf(
  leaves: readonly Leaf[],
): Omit<Batch, 'roots'> & { readonly hashes: Uint8Array<ArrayBuffer> } {
  const hashes = new Uint8Array(leaves.length * HASH_BYTES)
  const rows = leaves.map(({ entry, hash }, i) => {
    hashes.set(hash, i * HASH_BYTES)
    const { entryId, timestamp, user, model, costUsd, latencyMs, metadata, inputText, outputText } = entry
    return [
      entryId,
      timestamp,
      user,
      model,
      costUsd,
      latencyMs,
      canonicalJson(metadata),
      inputText,
      outputText,
    ] as const
  })
  return { rows, hashes }
}

function entryOf([
  index,
  entryId,
  timestamp,
  user,
  model,
  costUsd,
  latencyMs,
  metadata,
  ...texts
]: Row): AuditEntry {
  const [inputText, outputText] = texts
  return {
    entryId,
    timestamp,
    user,
    model,
    inputText,
    outputText,
    costUsd,
    latencyMs,
    metadata: parseMetadata(metadata, index),
    index,
  }
}

function parseMetadata(text: string, index: number): JsonObject {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AuditError('AUDIT_CORRUPT', `the metadata of entry ${index} is not JSON`, { cause })
  }
}

function closed(): AuditError {
  return new AuditError('AUDIT_CLOSED', 'the backend is not open')
}

function invalidOptions(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_OPTIONS', `SqliteBackend: ${reason}`)
}
