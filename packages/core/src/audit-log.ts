import { AppendQueue } from './append-queue.ts'
import type { AuditBackend } from './backend.ts'
import { type AuditEntry, createEntry, type EntryInput, freezeEntry, placeEntry } from './entry.ts'
import { canonicalEntryId } from './entry-id.ts'
import { AuditError } from './errors.ts'
import { describe, isPlainObject } from './json.ts'
import { MemoryBackend } from './memory-backend.ts'
import { createLeaf, type Leaf } from './merkle/leaf.ts'
import { MerkleTree } from './merkle/merkle-tree.ts'
import { equalBytes } from './merkle/proof.ts'
import { MemorySubtreeStore } from './merkle/subtree-store.ts'
import { decodeCheckpoint, encodeCheckpoint } from './note/checkpoint.ts'
import { encodeConsistencyProof } from './note/consistency-proof.ts'
import { decodeKey } from './note/key.ts'
import { parseNote, signNote } from './note/signed-note.ts'
import type { Signer } from './note/signer.ts'
import { encodeProof } from './note/tlog-proof.ts'
import { createVerifier, type Verifier } from './note/verifier.ts'
import { MAX_PAGE, pages } from './paging.ts'
import { type Filter, type Query, type Range, rangeOf, selectionOf, selectionOfFilter } from './query.ts'
import type { Selection } from './selection.ts'
import { type VerificationControl, type VerificationReport, verifyLog } from './verification.ts'

/** What `new AuditLog` takes. */
export interface AuditLogOptions {
  /** Where the log is kept. Default: a new `MemoryBackend`, which forgets when the process ends. */
  readonly backend?: AuditBackend
  /** Signs checkpoints; its name is the log's own name. Default: none, and then there are no checkpoints and proofs. */
  readonly signer?: Signer
}

/** What `log.verify` compares with, and how it is watched. */
export interface VerifyOptions extends VerificationControl {
  /** A checkpoint that was kept elsewhere. Without one, what the store says of itself is all there is to compare. */
  readonly checkpoint?: string
  /** Keys that are believed: the log's first, then those of witnesses. Default: the public key of the log's own signer. */
  readonly verifiers?: readonly Verifier[]
}

const OPTION_KEYS: readonly string[] = ['backend', 'signer'] satisfies (keyof AuditLogOptions)[]
const VERIFY_KEYS: readonly string[] = [
  'checkpoint',
  'verifiers',
  'onProgress',
  'signal',
] satisfies (keyof VerifyOptions)[]

/**
 * An append-only log of interactions with language models. Nothing in it can be changed or removed.
 * It opens its backend on first use.
 *
 * @example
 * const log = new AuditLog({ backend: new SqliteBackend({ path: 'audit.db' }) })
 * const entry = await log.record({ model: 'gpt-4o', inputText: 'Capital of France?', outputText: 'Paris.' })
 * const latest = await log.query({ model: 'gpt-4o', order: 'desc', limit: 5 })
 * await log.close()
 */
export class AuditLog implements AsyncDisposable {
  readonly #backend: AuditBackend
  readonly #signer: Signer | undefined
  readonly #queue: AppendQueue
  readonly #tree: MerkleTree
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /**
   * Touches no file yet.
   *
   * @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown option; `AUDIT_INVALID_KEY` for a signer without a vkey.
   */
  constructor(options: AuditLogOptions = {}) {
    checkOptions(options, OPTION_KEYS)
    if (options.signer) decodeKey(options.signer.publicKey)
    this.#backend = options.backend ?? new MemoryBackend()
    this.#signer = options.signer
    this.#queue = new AppendQueue(leaves => this.#append(leaves))
    this.#tree = new MerkleTree(
      (start, end) => this.#backend.leafHashes(start, end),
      this.#backend.subtrees ?? new MemorySubtreeStore(),
    )
  }

  /**
   * Records one interaction and resolves with its entry once that would survive a crash.
   * Calls need not wait for each other: those that come while a batch is being stored share the next one.
   *
   * @throws AuditError `AUDIT_INVALID_ENTRY` when the input is no entry; `AUDIT_WRITE_FAILED` or `AUDIT_BUSY` when it
   *   was not stored, and is then nowhere, so that recording it again makes no duplicate; `AUDIT_OUTCOME_UNKNOWN` when
   *   the connection to a store broke for long: look for the error's `entryId` before recording it again;
   *   `AUDIT_CLOSED`; and what opening throws.
   */
  async record(input: EntryInput): Promise<AuditEntry> {
    this.#assertOpen()
    const leaf = leafOf(input)
    try {
      return placeEntry(leaf.entry, await this.#queue.add(leaf))
    } catch (error) {
      throw ofEntry(error, leaf.entry.entryId)
    }
  }

  /**
   * The entries that match, oldest first unless `order` says otherwise.
   *
   * @throws AuditError `AUDIT_INVALID_QUERY` when the query is none, or has a key that is unknown or undefined;
   *   `AUDIT_CLOSED`; `AUDIT_READ_FAILED`; `AUDIT_CORRUPT`.
   */
  async query(query: Query = {}): Promise<AuditEntry[]> {
    this.#assertOpen()
    const selection = selectionOf(query)
    if (selection.limit !== undefined && selection.limit <= MAX_PAGE) return this.#find(selection)
    const found: AuditEntry[] = []
    for await (const page of this.#pages(selection)) for (const entry of page) found.push(entry)
    return found
  }

  /**
   * The same as `query`, one entry at a time, in bounded memory. It sees the log as it was when the reading began,
   * and never blocks a writer. Throws what `query` throws, when the reading begins.
   */
  async *stream(query: Query = {}): AsyncGenerator<AuditEntry, void, undefined> {
    this.#assertOpen()
    for await (const page of this.#pages(selectionOf(query))) yield* page
  }

  /** The entry with this id, or `undefined`. A UUID is found however it is spelt. Throws what `query` throws. */
  async get(entryId: string): Promise<AuditEntry | undefined> {
    this.#assertOpen()
    if (typeof entryId !== 'string') {
      throw new AuditError('AUDIT_INVALID_QUERY', `entryId must be a string, not ${describe(entryId)}`)
    }
    const [entry] = await this.#find({ entryId: canonicalEntryId(entryId), order: 'asc', limit: 1 })
    return entry
  }

  /** How many entries match. Its cost grows with the matches; without a filter it does not. Throws what `query` throws. */
  async count(filter: Filter = {}): Promise<number> {
    this.#assertOpen()
    const selection = selectionOfFilter(filter)
    const isFiltered = Object.keys(selection).length > 1 // more than `order`
    return this.#read(() => (isFiltered ? this.#backend.count(selection) : this.#backend.size()))
  }

  /**
   * Entries by their place in the log, from `start` on, as the log was when the reading began: for mirrors and tails,
   * which miss nothing when they go on at the last index + 1. Throws what `query` throws.
   */
  async *entries(range: Range = {}): AsyncGenerator<AuditEntry, void, undefined> {
    this.#assertOpen()
    const { start, end } = rangeOf(range)
    const size = await this.#read(() => this.#backend.size())
    const total = Math.max(0, Math.min(end, size) - start)
    const found = pages(total, async (previous, limit) => {
      const from = previous ? previous.index + 1 : start
      return this.#read(() => this.#readRange(from, from + limit))
    })
    for await (const page of found) yield* page
  }

  /**
   * A signed checkpoint of the log as it is now (C2SP tlog-checkpoint): its name, its size and its root. Keep it
   * somewhere else: it proves any later change to the entries before it.
   *
   * @throws AuditError `AUDIT_INVALID_OPTIONS` when the log has no signer; `AUDIT_SIGNING_FAILED`; `AUDIT_CLOSED`;
   *   `AUDIT_READ_FAILED`; `AUDIT_CORRUPT`.
   */
  async checkpoint(): Promise<string> {
    this.#assertOpen()
    const signer = this.#signerOrThrow()
    return this.#read(async () => this.#sign(signer, await this.#backend.size()))
  }

  /**
   * The proof that an entry is in the log (C2SP tlog-proof), with a new checkpoint in it: for `verifyProof`, or any
   * other implementation of that format, on any machine.
   *
   * @throws AuditError `AUDIT_NOT_FOUND` when there is no such entry; and what `get` and `checkpoint` throw.
   */
  async prove(entryId: string): Promise<string> {
    this.#assertOpen()
    const signer = this.#signerOrThrow()
    const entry = await this.get(entryId)
    if (!entry) {
      throw new AuditError('AUDIT_NOT_FOUND', `there is no entry ${JSON.stringify(entryId.slice(0, 60))}`)
    }
    const { index } = entry
    return this.#read(async () => {
      const size = await this.#backend.size()
      const proving = this.#tree.inclusionProof(index, size)
      const [hashes, checkpoint] = await Promise.all([proving, this.#sign(signer, size)])
      return encodeProof({ index, hashes, checkpoint })
    })
  }

  /**
   * The proof that the log as it is now continues an older checkpoint of it, with a new checkpoint in it: for
   * `verifyConsistency`, or as the request to a witness (C2SP tlog-witness). The older one's signature is not looked at.
   *
   * @throws AuditError `AUDIT_NOT_CONSISTENT` when the older one has more entries than the log, or another root;
   *   `AUDIT_WRONG_LOG`, `AUDIT_INVALID_NOTE`, `AUDIT_INVALID_CHECKPOINT`; and what `checkpoint` throws.
   */
  async proveConsistency(older: string): Promise<string> {
    this.#assertOpen()
    const signer = this.#signerOrThrow()
    const { origin, size: oldSize, root } = decodeCheckpoint(parseNote(older).text)
    const { name } = decodeKey(signer.publicKey)
    if (origin !== name) {
      throw new AuditError('AUDIT_WRONG_LOG', `the checkpoint is of the log ${origin}, not of ${name}`)
    }
    return this.#read(async () => {
      const size = await this.#backend.size()
      if (oldSize > size || !equalBytes(root, await this.#tree.root(oldSize))) {
        throw new AuditError(
          'AUDIT_NOT_CONSISTENT',
          'the log does not continue that checkpoint; verify() tells where it differs',
        )
      }
      const proving = this.#tree.consistencyProof(oldSize, size)
      const [hashes, checkpoint] = await Promise.all([proving, this.#sign(signer, size)])
      return encodeConsistencyProof({ oldSize, hashes, checkpoint })
    })
  }

  /**
   * Re-reads every entry, computes every hash anew and trusts nothing that is stored; against a checkpoint that was
   * kept elsewhere, if one is given. It goes on after the first finding. Entries that come meanwhile are not read.
   *
   * @throws AuditError `AUDIT_INVALID_NOTE`, `AUDIT_INVALID_CHECKPOINT`, `AUDIT_UNKNOWN_KEY` and `AUDIT_WRONG_LOG` when
   *   the checkpoint is none of this log's; `AUDIT_INVALID_OPTIONS` for an unknown or undefined option, and when no key is
   *   known to check the checkpoint with; `AUDIT_CLOSED`; `AUDIT_READ_FAILED`; and the signal's reason.
   *
   * @example
   * const report = await log.verify({ checkpoint: await readFile('checkpoint.txt', 'utf8') })
   * if (!report.ok) for (const { kind, message } of report.findings) console.error(kind, message)
   */
  async verify(options: VerifyOptions = {}): Promise<VerificationReport> {
    this.#assertOpen()
    checkOptions(options, VERIFY_KEYS)
    const { checkpoint, verifiers = this.#ownVerifiers(), ...control } = options
    const [verifier, ...witnesses] = verifiers
    if ('checkpoint' in options && checkpoint === undefined) {
      throw invalidOptions('checkpoint is undefined; leave it out to verify without one')
    }
    if (checkpoint !== undefined && !verifier) {
      throw invalidOptions('give `verifiers`, to check the checkpoint with')
    }
    await this.#open()
    const signed = checkpoint !== undefined && verifier ? { checkpoint, verifier, witnesses } : undefined
    return verifyLog(this.#backend, signed, control)
  }

  /** Stores what was recorded before, then lets go of the backend. What is recorded later rejects. Closing twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #finish(): Promise<void> {
    await this.#queue.drained()
    await this.#opening?.catch(() => {}) // whoever waited for the opening was told
    await this.#tree.grown()
    await this.#backend.close()
  }

  async #append(leaves: readonly Leaf[]): Promise<number> {
    await this.#open()
    try {
      const first = await this.#backend.append(leaves)
      if (this.#backend.subtrees) {
        this.#tree.added(
          first,
          leaves.map(({ hash }) => hash),
        )
      }
      return first
    } catch (error) {
      throw AuditError.wrap(error, 'AUDIT_WRITE_FAILED', 'the entry was not stored; record it again')
    }
  }

  async #sign(signer: Signer, size: number): Promise<string> {
    const root = await this.#tree.root(size)
    const { name } = decodeKey(signer.publicKey)
    return signNote(encodeCheckpoint({ origin: name, size, root, extensions: [] }), signer)
  }

  #ownVerifiers(): readonly Verifier[] {
    return this.#signer ? [createVerifier(this.#signer.publicKey)] : []
  }

  #signerOrThrow(): Signer {
    if (this.#signer) return this.#signer
    throw invalidOptions('the log has no signer: new AuditLog({ backend, signer: createSigner(privateKey) })')
  }

  #pages(selection: Selection): AsyncGenerator<AuditEntry[], void, undefined> {
    let size: number | undefined
    return pages(selection.limit ?? Number.POSITIVE_INFINITY, async (previous, limit) => {
      size ??= await this.#read(() => this.#backend.size())
      return this.#find({ ...selection, size, limit, ...(previous && { after: previous }) })
    })
  }

  #find(selection: Selection): Promise<AuditEntry[]> {
    return this.#read(async () => (await this.#backend.find(selection)).map(freezeEntry))
  }

  /** All entries of a range that lies within the log: it never shrinks, so one that is not there is gone. */
  async #readRange(start: number, end: number): Promise<AuditEntry[]> {
    const entries = await this.#backend.read(start, end)
    for (let i = 0; i < end - start; i++) {
      if (entries[i]?.index !== start + i) {
        throw new AuditError(
          'AUDIT_CORRUPT',
          `entry ${start + i} is missing from the log; look for it in a backup`,
        )
      }
    }
    return entries.map(freezeEntry)
  }

  async #read<T>(operation: () => Promise<T>): Promise<T> {
    await this.#open()
    try {
      return await operation()
    } catch (error) {
      throw AuditError.wrap(error, 'AUDIT_READ_FAILED', 'the log could not be read')
    }
  }

  /** A failed opening is tried again by the next call. */
  #open(): Promise<void> {
    this.#opening ??= this.#backend.open().catch(error => {
      this.#opening = undefined
      throw AuditError.wrap(error, 'AUDIT_OPEN_FAILED', 'the log could not be opened')
    })
    return this.#opening
  }

  #assertOpen(): void {
    if (this.#closing) throw new AuditError('AUDIT_CLOSED', 'the log is closed; make a new AuditLog to go on')
  }
}

function checkOptions(options: object, known: readonly string[]): void {
  if (!isPlainObject(options)) throw invalidOptions(`the options are an object, not ${describe(options)}`)
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    throw invalidOptions(`unknown option ${JSON.stringify(key)}; there is ${known.join(', ')}`)
  }
}

function invalidOptions(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_OPTIONS', reason)
}

/** Where nobody knows whether a batch was stored, each of its callers is told which entry to look for. */
function ofEntry(error: unknown, entryId: string): unknown {
  if (!(error instanceof AuditError) || error.code !== 'AUDIT_OUTCOME_UNKNOWN') return error
  const message = `${error.message}; once the store can be reached, get(${JSON.stringify(entryId)}) tells`
  return new AuditError(error.code, message, { cause: error.cause, entryId })
}

function leafOf(input: EntryInput): Leaf {
  try {
    return createLeaf(createEntry(input))
  } catch (error) {
    // Beyond about 500 million characters JavaScript has no string for the line.
    throw AuditError.wrap(error, 'AUDIT_INVALID_ENTRY', 'the entry cannot be encoded')
  }
}
