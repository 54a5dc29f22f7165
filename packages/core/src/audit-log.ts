import type { AuditBackend } from './backend/backend.ts'
import { CheckedBackend } from './backend/checked-backend.ts'
import { MemoryBackend } from './backend/memory-backend.ts'
import type { Page } from './backend/page.ts'
import type { AuditEntry, EntryInput } from './entry/entry.ts'
import { canonicalEntryId } from './entry/entry-id.ts'
import { describe, quote } from './entry/json.ts'
import { canonicalTimestamp } from './entry/timestamp.ts'
import { AuditError } from './errors.ts'
import { MerkleTree } from './merkle/merkle-tree.ts'
import { NO_SUBTREES, type SubtreeStore, withoutWrites } from './merkle/subtree-store.ts'
import { Issuer } from './note/issuer.ts'
import type { Signer } from './note/signer.ts'
import { createVerifier, type Verifier, verifiersFrom } from './note/verifier.ts'
import { type Given, invalidOptions, optionsOf, withoutPrototype } from './options.ts'
import { pages } from './query/paging.ts'
import {
  type Filter,
  type Query,
  type Range,
  rangeOf,
  selectionOf,
  selectionOfFilter,
} from './query/query.ts'
import { compareEntries, type Selection } from './query/selection.ts'
import { Recorder } from './recording/recorder.ts'
import type { VerificationControl, VerificationReport } from './verification/report.ts'
import { type SignedCheckpoint, verifyLog } from './verification/verify-log.ts'

/** What `new AuditLog` takes. */
export interface AuditLogOptions {
  /** Where the log is kept. Default: a new `MemoryBackend`, which forgets when the process ends. */
  readonly backend?: AuditBackend
  /** Signs checkpoints; its name is the log's own name. Default: none, and then there are no checkpoints and proofs. */
  readonly signer?: Signer | undefined
  /**
   * How much may wait to be stored, as bytes of canonical lines. Beyond it `record` rejects with `AUDIT_OVERLOADED`, so that
   * a store which stands still does not fill the memory. Default: 268,435,456 (256 MiB).
   */
  readonly maxPendingBytes?: number | undefined
}

/** What `log.verify` compares with, and how it is watched. */
export interface VerifyOptions extends VerificationControl {
  /** A checkpoint that was kept elsewhere. Without one, what the store says of itself is all there is to compare. */
  readonly checkpoint?: string
  /** Keys that are believed: the log's first, then those of witnesses. Default: the public key of the log's own signer. */
  readonly verifiers?: readonly Verifier[]
}

const OPTION_KEYS = ['backend', 'signer', 'maxPendingBytes'] as const satisfies (keyof AuditLogOptions)[]
const VERIFY_KEYS = [
  'checkpoint',
  'verifiers',
  'onProgress',
  'signal',
] as const satisfies (keyof VerifyOptions)[]

const MAX_PENDING_BYTES = 256 * 1024 * 1024

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
  readonly #backend: CheckedBackend
  readonly #signer: Signer | undefined
  readonly #recorder: Recorder
  readonly #tree: MerkleTree
  readonly #issuer: Issuer | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /**
   * Touches no file yet.
   *
   * @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown option, and for a backend that is none, `undefined` included;
   *   `AUDIT_INVALID_KEY` for a signer whose public key is none.
   */
  constructor(options: AuditLogOptions = {}) {
    const given = optionsOf(options, OPTION_KEYS, 'AuditLog')
    this.#backend = new CheckedBackend('backend' in given ? backendFrom(given.backend) : new MemoryBackend())
    this.#signer = signerFrom(given.signer)
    this.#tree = new MerkleTree(
      (start, end) => this.#backend.leafHashes(start, end),
      subtreesOf(this.#backend),
    )
    const maxPendingBytes = bytesFrom(given.maxPendingBytes)
    this.#recorder = new Recorder(this.#backend, () => this.#open(), this.#tree, maxPendingBytes)
    this.#issuer = this.#signer && new Issuer(this.#signer, this.#tree, () => this.#backend.size())
  }

  /**
   * Opens the log now rather than at its first use, so that a program fails when it starts. Opening twice is fine.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED`; `AUDIT_UNSUPPORTED_FORMAT`; `AUDIT_CORRUPT`; `AUDIT_BUSY`; `AUDIT_CLOSED`.
   */
  async open(): Promise<void> {
    this.#assertOpen()
    await this.#open()
  }

  /**
   * Records one interaction and resolves with its entry once that would survive a crash.
   * Calls need not wait for each other: those that come while a batch is being stored share the next one.
   *
   * @throws AuditError `AUDIT_INVALID_ENTRY` when the input is no entry; `AUDIT_WRITE_FAILED`, `AUDIT_BUSY` or
   *   `AUDIT_OVERLOADED` when it was not stored, and is then nowhere, so that recording it again makes no duplicate;
   *   `AUDIT_READ_ONLY`; `AUDIT_OUTCOME_UNKNOWN` when the connection to a store broke for long: look for the error's
   *   `entryId` before recording it again; `AUDIT_CLOSED`; and what opening throws.
   */
  async record(input: EntryInput): Promise<AuditEntry> {
    this.#assertOpen()
    return this.#recorder.record(input)
  }

  /**
   * The entries that match, oldest first unless `order` says otherwise.
   *
   * @throws AuditError `AUDIT_INVALID_QUERY` when the query is none, or has a key that is unknown or undefined;
   *   `AUDIT_CLOSED`; `AUDIT_READ_FAILED`; `AUDIT_CORRUPT`.
   */
  async query(query: Query = {}): Promise<AuditEntry[]> {
    const found: AuditEntry[] = []
    for await (const page of this.#find(query)) for (const entry of page) found.push(entry)
    return found
  }

  /**
   * The same as `query`, one entry at a time, in bounded memory. It sees the log as it was when the reading began,
   * and never blocks a writer. Throws what `query` throws, when the reading begins.
   */
  async *stream(query: Query = {}): AsyncGenerator<AuditEntry, void, undefined> {
    for await (const page of this.#find(query)) yield* page
  }

  /** The entry with this id, or `undefined`. A UUID is found however it is spelt. Throws what `query` throws. */
  async get(entryId: string): Promise<AuditEntry | undefined> {
    this.#assertOpen()
    if (typeof entryId !== 'string') {
      throw new AuditError('AUDIT_INVALID_QUERY', `entryId must be a string, not ${describe(entryId)}`)
    }
    const selection: Selection = withoutPrototype({
      entryId: canonicalEntryId(entryId),
      order: 'asc',
      limit: 1,
    })
    const [entry] = await this.#read(() => this.#backend.find(selection))
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
   * Entries by their index, from `start` on, as the log was when the reading began: for mirrors and tails, which miss
   * nothing when they go on at the last index + 1. Throws what `query` throws; `AUDIT_CORRUPT` where an entry is missing.
   */
  async *entries(range: Range = {}): AsyncGenerator<AuditEntry, void, undefined> {
    this.#assertOpen()
    const { start, end } = rangeOf(range)
    const size = await this.#read(() => this.#backend.size())
    const found = pages({
      total: Math.min(end, size) - start,
      fetch: (previous, limit) => {
        const from = previous ? previous.index + 1 : start
        return this.#readRange(from, from + limit)
      },
      follows: ({ index }, previous) => index === (previous ? previous.index + 1 : start),
    })
    for await (const page of found) yield* page
  }

  /**
   * A signed checkpoint of the log as it is now (C2SP tlog-checkpoint): its name, its size and its root. Keep it
   * somewhere else: it proves any later change to the entries before it. It provably continues what this log has verified
   * or signed since it was opened: an entry that somebody changes behind a running `verify` is not signed afterwards.
   *
   * @throws AuditError `AUDIT_INVALID_OPTIONS` when the log has no signer; `AUDIT_SIGNING_FAILED`; `AUDIT_CLOSED`;
   *   `AUDIT_READ_FAILED`; `AUDIT_CORRUPT`, also where the log does not continue what was verified or signed.
   */
  async checkpoint(): Promise<string> {
    const issuer = this.#issuerOrThrow()
    return this.#read(() => issuer.checkpoint())
  }

  /**
   * The proof that an entry is in the log (C2SP tlog-proof), with a new checkpoint in it: for `verifyProof`, or any
   * other implementation of that format, on any machine.
   *
   * @throws AuditError `AUDIT_NOT_FOUND` when there is no such entry; and what `get` and `checkpoint` throw.
   */
  async prove(entryId: string): Promise<string> {
    const issuer = this.#issuerOrThrow()
    const entry = await this.get(entryId)
    if (!entry) throw new AuditError('AUDIT_NOT_FOUND', `there is no entry ${quote(entryId)}`)
    return this.#read(() => issuer.proveInclusion(entry.index))
  }

  /**
   * The proof that the log as it is now continues an older checkpoint of it, with a new checkpoint in it: for
   * `verifyConsistency`, or as the request to a witness (C2SP tlog-witness). The older one's signature is not looked at.
   *
   * @throws AuditError `AUDIT_NOT_CONSISTENT` when the older one has more entries than the log, or another root;
   *   `AUDIT_WRONG_LOG`, `AUDIT_INVALID_NOTE`, `AUDIT_INVALID_CHECKPOINT`; and what `checkpoint` throws.
   */
  async proveConsistency(older: string): Promise<string> {
    const issuer = this.#issuerOrThrow()
    return this.#read(() => issuer.proveConsistency(older))
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
    const given = optionsOf(options, VERIFY_KEYS, 'verify')
    const signed = this.#signedCheckpoint(given)
    const control = controlFrom(given)
    await this.#open()
    const report = await verifyLog(this.#backend, signed, this.#issuer?.trusted, control)
    if (report.ok) this.#issuer?.trust(report)
    return report
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
    await this.#recorder.drained()
    await this.#opening?.catch(() => {}) // whoever waited for the opening was told
    await this.#tree.grown()
    await this.#backend.close()
  }

  #signedCheckpoint(given: Given<keyof VerifyOptions>): SignedCheckpoint | undefined {
    const verifiers =
      'verifiers' in given
        ? verifiersFrom(given.verifiers, 'verifiers', 'verify')
        : this.#signer
          ? [createVerifier(this.#signer.publicKey)]
          : []
    if (!('checkpoint' in given)) return undefined
    const { checkpoint } = given
    if (typeof checkpoint !== 'string') {
      throw invalidOptions(
        'verify',
        'checkpoint must be the text of a checkpoint; leave it out to verify without one',
      )
    }
    const [verifier, ...witnesses] = verifiers
    if (verifier) return { checkpoint, trust: { verifier, witnesses } }
    throw invalidOptions('verify', 'give `verifiers`, to check the checkpoint with')
  }

  #issuerOrThrow(): Issuer {
    this.#assertOpen()
    if (this.#issuer) return this.#issuer
    throw invalidOptions(
      'AuditLog',
      'the log has no signer: new AuditLog({ backend, signer: createSigner(privateKey) })',
    )
  }

  #find(query: Query): AsyncGenerator<AuditEntry[], void, undefined> {
    this.#assertOpen()
    const selection = selectionOf(query)
    const sign = selection.order === 'asc' ? 1 : -1
    let size: number | undefined
    let seen = 0
    return pages({
      total: selection.limit ?? Number.POSITIVE_INFINITY,
      after: selection.after,
      fetch: async (after, limit) => {
        // What one page answers is one moment of the log by itself.
        if (limit !== selection.limit) size ??= await this.#read(() => this.#backend.size())
        const page: Selection = withoutPrototype({
          ...selection,
          limit,
          ...(size !== undefined && { size }),
          ...(after && { after: { timestamp: canonicalTimestamp(after.timestamp), index: after.index } }),
        })
        return this.#read(() => this.#backend.find(page))
      },
      follows: (entry, previous) => {
        if (size !== undefined && (entry.index >= size || ++seen > size)) return false
        return !previous || compareEntries(entry, previous) * sign > 0
      },
    })
  }

  /**
   * Entries of a range that lies within the log: it never shrinks, so where there are fewer, one is gone. Whether each is
   * the one of its index, `pages` looks at.
   */
  async #readRange(start: number, end: number): Promise<Page> {
    const page = await this.#read(() => this.#backend.read(start, end))
    if (page.isPartial || page.length >= end - start) return page
    const gap = page.findIndex(({ index }, i) => index !== start + i)
    throw new AuditError(
      'AUDIT_CORRUPT',
      `entry ${start + (gap < 0 ? page.length : gap)} is missing from the log; look for it in a backup`,
    )
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

function subtreesOf({ subtrees, isReadOnly }: AuditBackend): SubtreeStore {
  if (!subtrees) return NO_SUBTREES
  return isReadOnly ? withoutWrites(subtrees) : subtrees
}

const BACKEND_METHODS = ['open', 'append', 'size', 'read', 'find', 'count', 'leafHashes', 'close'] as const

function backendFrom(given: unknown): AuditBackend {
  // `undefined` is mostly a typing mistake, and would record into memory.
  if (typeof given !== 'object' || given === null) {
    throw invalidOptions('AuditLog', `backend must be an instance of a backend, not ${describe(given)}`)
  }
  const methods: { readonly [M in (typeof BACKEND_METHODS)[number]]?: unknown } = given
  const missing = BACKEND_METHODS.find(method => typeof methods[method] !== 'function')
  if (missing !== undefined) throw invalidOptions('AuditLog', `the backend has no method ${missing}`)
  return given as AuditBackend // it has the methods; what they do is the testkit's to prove
}

function signerFrom(given: unknown): Signer | undefined {
  if (given === undefined) return undefined
  const { publicKey, sign }: { readonly publicKey?: unknown; readonly sign?: unknown } = Object(given)
  if (typeof publicKey !== 'string' || typeof sign !== 'function') {
    throw invalidOptions(
      'AuditLog',
      'signer must be what createSigner(privateKey) gives, or { publicKey, sign }',
    )
  }
  const signer = given as Signer // checked above
  return { publicKey, sign: message => signer.sign(message) }
}

function bytesFrom(given: unknown = MAX_PENDING_BYTES): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given > 0) return given
  throw invalidOptions('AuditLog', `maxPendingBytes must be a whole number from 1, not ${describe(given)}`)
}

function controlFrom({ onProgress, signal }: Given<keyof VerificationControl>): VerificationControl {
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidOptions('verify', 'onProgress must be a function')
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOptions('verify', 'signal must be an AbortSignal')
  }
  return { signal, onProgress: progress => onProgress?.(progress) }
}
