import type { CheckedBackend } from '../backend/checked-backend.ts'
import { type AuditEntry, createEntry, type EntryInput, placeEntry } from '../entry/entry.ts'
import type { EntryFields } from '../entry/fields.ts'
import { AuditError } from '../errors.ts'
import { createLeaf, type Leaf } from '../merkle/leaf.ts'
import type { MerkleTree } from '../merkle/merkle-tree.ts'
import { AppendQueue } from './append-queue.ts'

/** The path of an entry into the log: check, freeze, encode, hash, queue, store. */
export class Recorder {
  readonly #backend: CheckedBackend
  readonly #tree: MerkleTree
  readonly #queue: AppendQueue

  /**
   * @param tree receives the leaf hashes that were stored.
   * @param maxPendingBytes see `AuditLogOptions`.
   */
  constructor(backend: CheckedBackend, tree: MerkleTree, maxPendingBytes: number) {
    this.#backend = backend
    this.#tree = tree
    this.#queue = new AppendQueue(leaves => this.#append(leaves), maxPendingBytes)
  }

  /** See `AuditLog.record`. */
  async record(input: EntryInput): Promise<AuditEntry> {
    const leaf = leafOf(input)
    try {
      return placeEntry(leaf.entry, await this.#queue.add(leaf))
    } catch (error) {
      throw withEntryId(error, leaf.entry.entryId)
    }
  }

  /** Resolves once everything that was recorded is stored or has failed. */
  drained(): Promise<void> {
    return this.#queue.drained()
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

function leafOf(input: EntryInput): Leaf {
  const entry = entryFrom(input)
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
