import { resolve } from 'node:path'
import {
  type AuditBackend,
  AuditError,
  type EntryDigests,
  type Finding,
  flagFrom,
  invalidOptions,
  type Leaf,
  LifeCycle,
  metadataIndexesFrom,
  optionsOf,
  type Page,
  partialPage,
  type Selection,
  type SummaryPart,
  type SummaryRequest,
} from '@audit/core/backend'
import { encodeBatch } from './batch.ts'
import type { Damage } from './damage.ts'
import { DamageListener, warnOfDamage } from './damage-listener.ts'
import type { EntryPage } from './log-reader.ts'
import { outcomeOf, unknownOutcome } from './lost-answer.ts'
import { nativeLockAnchors } from './native-lock-anchors.ts'
import type { KnownLog } from './open-log.ts'
import { unpackSummary } from './packed-summary.ts'
import type { Operations, WorkerSetup } from './protocol.ts'
import { WorkerConnection, WorkerDeath } from './worker-connection.ts'

/** What `new JsonlBackend` takes. */
export interface JsonlBackendOptions {
  /**
   * The file. A missing file is created; a missing folder is not. A relative path is resolved when the backend is
   * constructed.
   */
  readonly path: string
  /**
   * With `true`, nothing changes: the file must exist, and `append` rejects with `AUDIT_READ_ONLY`. No permission to write is needed.
   * Default: `false`.
   */
  readonly readOnly?: boolean
  /**
   * Keys of the metadata, on its top level, by whose values entries are found at once. The index is made while the file is
   * read at opening, and is nowhere on the disk, so that processes may name different keys. Default: none.
   */
  readonly metadataIndexes?: readonly string[] | undefined
  /**
   * Called once for each line that is not an entry, in the application's thread. If it throws, the error becomes a
   * warning. Default: `process.emitWarning` for the first ten lines.
   */
  readonly onDamage?: (damage: Damage) => void
}

const OPTION_KEYS = [
  'path',
  'readOnly',
  'metadataIndexes',
  'onDamage',
] as const satisfies (keyof JsonlBackendOptions)[]

/**
 * Stores a log in a text file: one entry per line, as canonical JSON (RFC 8785). Any number of instances, threads and
 * processes may have the file open. Each `append` survives power loss once it has resolved. An instance uses the file in
 * its own thread.
 *
 * @example
 * const log = new AuditLog({ backend: new JsonlBackend({ path: 'audit.jsonl' }) })
 */
export class JsonlBackend implements AuditBackend {
  readonly supports = Object.freeze({ persistence: true, sharing: true })
  readonly isReadOnly: boolean
  readonly #path: string
  readonly #metadataIndexes: readonly string[]
  readonly #damage: DamageListener
  readonly #connection: WorkerConnection
  readonly #life: LifeCycle
  /** The log as it was when it was opened: a restarted thread accepts no other log, and no shorter one. */
  #known: KnownLog | undefined
  #untold: Int32Array = new Int32Array(0)

  /** @throws AuditError `AUDIT_INVALID_OPTIONS`. Touches no file yet. */
  constructor(options: JsonlBackendOptions) {
    const { path, readOnly, metadataIndexes, onDamage } = checkOptions(options)
    this.#metadataIndexes = metadataIndexes
    this.#path = resolve(path)
    this.isReadOnly = readOnly
    this.#life = new LifeCycle(readOnly)
    this.#damage = new DamageListener(onDamage ?? warnOfDamage(this.#path))
    this.#connection = new WorkerConnection(
      () => this.#setup(),
      damages => this.#tell(damages),
    )
  }

  /**
   * Opens the file and reads it once, to learn the position of each entry.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED` if it cannot be read and written, is not a file, or does not exist with
   *   `readOnly`; `AUDIT_UNSUPPORTED_FORMAT` if it starts like another format; `AUDIT_BUSY`; `AUDIT_CLOSED`.
   */
  open(): Promise<void> {
    return this.#life.open(() => this.#open())
  }

  /**
   * Appends the leaves and resolves once they would survive power loss.
   *
   * @throws AuditError `AUDIT_WRITE_FAILED`, also if the file was deleted or replaced, or already has one of the ids;
   *   `AUDIT_BUSY`; `AUDIT_CORRUPT` if the file was cut or changed; `AUDIT_READ_ONLY`; `AUDIT_INVALID_ENTRY` for an
   *   entry of more than 512 MiB; `AUDIT_CLOSED`. In all these cases, nothing was stored. `AUDIT_OUTCOME_UNKNOWN` if the
   *   thread died and the file cannot show what it stored.
   */
  append(leaves: readonly Leaf[]): Promise<number> {
    return this.#life.write(() => this.#append(leaves))
  }

  async #append(leaves: readonly Leaf[]): Promise<number> {
    const batch = encodeBatch(leaves, this.#metadataIndexes)
    let first: number
    try {
      first = await this.#connection.request('append', [batch], [batch.bytes.buffer])
    } catch (error) {
      if (!(error instanceof WorkerDeath)) throw error
      first = await this.#outcomeOf(leaves, error)
    }
    this.#knowSize(first + leaves.length)
    return first
  }

  async size(): Promise<number> {
    const size = await this.#ask('size', [])
    this.#knowSize(size)
    return size
  }

  async read(start: number, end: number): Promise<Page> {
    return pageOf(await this.#ask('read', [start, end]))
  }

  digests(start: number, end: number): Promise<EntryDigests> {
    return this.#ask('digests', [start, end])
  }

  async find(selection: Selection): Promise<Page> {
    return pageOf(await this.#ask('find', [selection]))
  }

  async count(selection: Selection): Promise<number> {
    return this.#ask('count', [selection])
  }

  /**
   * Sums up by group, from the index where it knows enough. A key of the metadata that is not named has the entries read: those
   * that match the rest of the selection.
   */
  async summarize(request: SummaryRequest): Promise<readonly SummaryPart[]> {
    return unpackSummary(await this.#ask('summarize', [request]))
  }

  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    return this.#ask('leafHashes', [start, end])
  }

  /** The lines of the file that are not entries, in its order, the first 10,000 at most. */
  async damage(): Promise<readonly Damage[]> {
    return this.#ask('damages', [])
  }

  /** Damaged lines, and entries that are not spelt as this package writes them. Reads the whole file. */
  async inspect(): Promise<readonly Finding[]> {
    return this.#ask('inspect', [])
  }

  /**
   * Waits for pending calls, then closes the file and ends the thread. Closing twice is fine.
   *
   * @throws AuditError `AUDIT_WRITE_FAILED` if a failed write could not be removed from the file: its entries may appear.
   */
  close(): Promise<void> {
    return this.#life.close(() => this.#close())
  }

  async #open(): Promise<void> {
    try {
      this.#known = await this.#connection.request('open', [])
    } catch (error) {
      await this.#connection.terminate() // a log that did not open holds no resources
      throw AuditError.wrap(error, 'AUDIT_OPEN_FAILED', `${this.#path} cannot be opened as a log`)
    }
  }

  async #close(): Promise<void> {
    if (!this.#connection.isRunning) return
    try {
      await this.#connection.request('close', [])
    } catch (error) {
      if (!(error instanceof WorkerDeath)) throw error
    } finally {
      await this.#connection.terminate()
    }
  }

  async #ask<K extends keyof Operations>(
    operation: K,
    args: Parameters<Operations[K]>,
  ): Promise<ReturnType<Operations[K]>> {
    return this.#life.run(async () => {
      try {
        return await this.#connection.request(operation, args)
      } catch (error) {
        throw AuditError.wrap(error, 'AUDIT_READ_FAILED', `cannot read ${this.#path}`)
      }
    })
  }

  async #outcomeOf(leaves: readonly Leaf[], death: WorkerDeath): Promise<number> {
    const ids = leaves.map(({ entry }) => entry.entryId)
    let indexes: readonly (number | undefined)[]
    try {
      indexes = await this.#connection.request('storedIndexesOf', [ids])
    } catch (error) {
      throw unknownOutcome('the file cannot be asked what was stored', error)
    }
    return outcomeOf(indexes, death)
  }

  #knowSize(size: number): void {
    if (this.#known && size > this.#known.size) this.#known = { ...this.#known, size }
  }

  #setup(): WorkerSetup {
    this.#untold = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    return {
      path: this.#path,
      isReadOnly: this.isReadOnly,
      metadataIndexes: this.#metadataIndexes,
      anchors: nativeLockAnchors(),
      untold: this.#untold,
      ...(this.#known && { known: this.#known }),
    }
  }

  #tell(damages: readonly Damage[]): void {
    this.#damage.tell(damages)
    Atomics.sub(this.#untold, 0, damages.length)
  }
}

function pageOf({ items, isPartial }: EntryPage): Page {
  return isPartial ? partialPage([...items]) : [...items]
}

function checkOptions(given: JsonlBackendOptions) {
  const options = optionsOf(given, OPTION_KEYS, 'JsonlBackend')
  const { path, onDamage } = options
  const readOnly = flagFrom(options, 'readOnly', 'JsonlBackend')
  const metadataIndexes = metadataIndexesFrom(options.metadataIndexes, 'JsonlBackend')
  if (typeof path !== 'string' || path === '') throw invalid('path must name the file')
  if (path.includes('\0')) throw invalid('path must not contain NUL')
  if (onDamage === undefined) return { path, readOnly, metadataIndexes }
  if (typeof onDamage !== 'function') throw invalid('onDamage must be a function')
  return { path, readOnly, metadataIndexes, onDamage: (damage: Damage): unknown => onDamage(damage) }
}

function invalid(reason: string): AuditError {
  return invalidOptions('JsonlBackend', reason)
}
