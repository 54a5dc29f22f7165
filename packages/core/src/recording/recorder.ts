import type { CheckedBackend } from '../backend/checked-backend.ts'
import { type AuditEntry, createEntry, type EntryInput, INPUT_KEYS, placeEntry } from '../entry/entry.ts'
import type { EntryFields } from '../entry/fields.ts'
import { AuditError } from '../errors.ts'
import { createLeaf, type Leaf } from '../merkle/leaf.ts'
import type { MerkleTree } from '../merkle/merkle-tree.ts'
import { AppendQueue } from './append-queue.ts'
import { PendingBytes } from './pending-bytes.ts'
import { type Prepare, preparationFailed, preparedInput } from './prepare.ts'

/** How a `Recorder` records; see `AuditLogOptions`. */
export interface RecorderOptions {
  readonly maxPendingBytes: number
  readonly prepare: Prepare | undefined
}

/** The path of an entry into the log: check, freeze, encode, hash, queue, store. */
export class Recorder {
  readonly #backend: CheckedBackend
  readonly #tree: MerkleTree
  readonly #pending: PendingBytes
  readonly #queue: AppendQueue
  readonly #prepare: Prepare | undefined
  /** What is being prepared, and then stored. */
  readonly #preparing = new Set<Promise<unknown>>()

  /** @param tree receives the leaf hashes that were stored. */
  constructor(backend: CheckedBackend, tree: MerkleTree, { maxPendingBytes, prepare }: RecorderOptions) {
    this.#backend = backend
    this.#tree = tree
    this.#prepare = prepare
    this.#pending = new PendingBytes(maxPendingBytes)
    this.#queue = new AppendQueue(leaves => this.#append(leaves), this.#pending)
  }

  /** See `AuditLog.record`. It throws what is wrong with the input: one promise less for each entry. */
  record(input: EntryInput): Promise<AuditEntry> {
    const entry = entryFrom(input)
    return this.#prepare ? this.#recordPrepared(entry, this.#prepare) : this.#add(leafOf(entry))
  }

  async #recordPrepared(entry: EntryFields, prepare: Prepare): Promise<AuditEntry> {
    const recording = this.#prepareAndAdd(entry, prepare)
    this.#preparing.add(recording)
    try {
      return await recording
    } finally {
      this.#preparing.delete(recording)
    }
  }

  /** Resolves once everything that was recorded is stored or has failed. */
  async drained(): Promise<void> {
    await Promise.allSettled(this.#preparing)
    await this.#queue.drained()
  }

  async #add(leaf: Leaf): Promise<AuditEntry> {
    try {
      return placeEntry(leaf.entry, await this.#queue.add(leaf))
    } catch (error) {
      throw withEntryId(error, leaf.entry.entryId)
    }
  }

  /** The entry counts as pending while `prepare` is at work. */
  async #prepareAndAdd(entry: EntryFields, prepare: Prepare): Promise<AuditEntry> {
    const bytes = Buffer.byteLength(leafOf(entry).line)
    this.#pending.take(bytes)
    await undefined // until `drained` knows of it: prepare itself may close the log
    const preparing = prepareEntry(entry, prepare).finally(() => this.#pending.release(bytes))
    return this.#add(leafOf(await preparing))
  }

  async #append(leaves: readonly Leaf[]): Promise<number> {
    const first = await this.#backend.append(leaves)
    this.#tree.added(
      first,
      leaves.map(({ hash }) => hash),
    )
    return first
  }
}

/** If a batch may or may not be stored, each of its callers gets an error that names its own entry. */
function withEntryId(error: unknown, entryId: string): unknown {
  if (!(error instanceof AuditError) || error.code !== 'AUDIT_OUTCOME_UNKNOWN') return error
  const message = `${error.message}; once the store can be reached, look with get(${JSON.stringify(entryId)})`
  return new AuditError(error.code, message, { cause: error.cause, entryId })
}

async function prepareEntry(entry: EntryFields, prepare: Prepare): Promise<EntryFields> {
  const input = await preparedInput(prepare, entry)
  try {
    return createEntry(input, { entryId: entry.entryId, timestamp: entry.timestamp })
  } catch (error) {
    throw preparationFailed(`did not return an input as record takes it${whereIn(error)}`)
  }
}

/** Which field is wrong, and no more: the rest of the message may quote the input, such as a key that was made of it. */
function whereIn(error: unknown): string {
  try {
    if (!(error instanceof AuditError)) return ''
    const field = INPUT_KEYS.find(key => error.message.startsWith(key))
    return field === undefined ? '' : `: see its ${field}`
  } catch {
    return '' // a proxy may throw anything as soon as it is looked at
  }
}

function leafOf(entry: EntryFields): Leaf {
  try {
    return createLeaf(entry)
  } catch (cause) {
    // Beyond about 500 million characters JavaScript has no string for the line.
    throw new AuditError('AUDIT_INVALID_ENTRY', 'the entry cannot be encoded: record a part of it', { cause })
  }
}

/** A getter or a proxy of the application may throw anything. */
function entryFrom(input: EntryInput): EntryFields {
  try {
    return createEntry(input)
  } catch (cause) {
    if (cause instanceof AuditError) throw cause
    throw new AuditError('AUDIT_INVALID_ENTRY', 'the entry cannot be read: see the cause', { cause })
  }
}
