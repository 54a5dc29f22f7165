import { type AuditLogOptions, auditLogOptions } from './audit-log-options.ts'
import { CheckedBackend, logIsClosed } from './backend/checked-backend.ts'
import type { AuditEntry, EntryInput } from './entry/entry.ts'
import { describe, quote } from './entry/json.ts'
import { AuditError } from './errors.ts'
import { MerkleTree, TILE } from './merkle/merkle-tree.ts'
import { Issuer } from './note/issuer.ts'
import {
  checkpointFrom,
  checkpointText,
  olderFrom,
  type ProveOptions,
  tileFrom,
} from './note/prove-options.ts'
import { Prover } from './note/prover.ts'
import { createVerifier, type Verifier } from './note/verifier.ts'
import { invalidOptions } from './options.ts'
import { untilAborted, untilAbortedEach } from './query/abort.ts'
import { follow } from './query/follow.ts'
import { LogReader } from './query/log-reader.ts'
import {
  type Filter,
  type Query,
  type Range,
  rangeOf,
  selectionOf,
  selectionOfFilter,
} from './query/query.ts'
import { Recorder } from './recording/recorder.ts'
import { type DistinctValue, distinctValues } from './summary/distinct.ts'
import type { GroupKey } from './summary/group-key.ts'
import { LogSummary } from './summary/log-summary.ts'
import { type SummaryGroup, summaryGroups } from './summary/summary.ts'
import {
  type DistinctOptions,
  distinctOf,
  type SummaryOptions,
  summaryOf,
} from './summary/summary-options.ts'
import type { VerificationReport } from './verification/report.ts'
import { verifyLog } from './verification/verify-log.ts'
import { type VerifyOptions, verifyOptions } from './verification/verify-options.ts'

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
  readonly #reader: LogReader
  readonly #summary: LogSummary
  readonly #recorder: Recorder
  readonly #tree: MerkleTree
  /** The key of the log's own signer. */
  readonly #own: Verifier | undefined
  readonly #prover: Prover
  readonly #issuer: Issuer | undefined
  #closing: Promise<void> | undefined

  /**
   * Creates the log, and touches no file yet.
   *
   * @throws AuditError `AUDIT_INVALID_OPTIONS` for an unknown option, and for an invalid backend, `undefined` included;
   *   `AUDIT_INVALID_KEY` for a signer with an invalid public key.
   */
  constructor(options: AuditLogOptions = {}) {
    const { backend, signer, ...recording } = auditLogOptions(options)
    this.#backend = new CheckedBackend(backend)
    this.#reader = new LogReader(this.#backend)
    this.#summary = new LogSummary(this.#backend, this.#reader)
    this.#tree = new MerkleTree((start, end) => this.#backend.leafHashes(start, end), this.#backend.subtrees)
    this.#recorder = new Recorder(this.#backend, this.#tree, recording)
    const size = () => this.#backend.size()
    this.#own = signer && createVerifier(signer.publicKey)
    this.#prover = new Prover(this.#tree, size, this.#own)
    this.#issuer = signer && this.#own && new Issuer(signer, this.#own, this.#tree, this.#prover, size)
  }

  /**
   * Opens the log now and not at its first use, so that a program that cannot open it fails at its start. Opening twice is
   * fine.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED`; `AUDIT_UNSUPPORTED_FORMAT`; `AUDIT_CORRUPT`; `AUDIT_BUSY`; `AUDIT_CLOSED`.
   */
  async open(): Promise<void> {
    this.#assertOpen()
    await this.#backend.open()
  }

  /**
   * Records one interaction, and resolves with its entry once the entry would survive a crash. Calls need not wait for each
   * other: those that come while one batch is being stored share the next.
   *
   * @throws AuditError `AUDIT_INVALID_ENTRY` if the input is not an entry; `AUDIT_WRITE_FAILED`, `AUDIT_BUSY` or
   *   `AUDIT_OVERLOADED` if it was not stored, so that recording it again makes no duplicate; `AUDIT_READ_ONLY`;
   *   `AUDIT_OUTCOME_UNKNOWN` if the store could not be asked whether it was stored: look for the error's `entryId` before
   *   recording it again; `AUDIT_CLOSED`; and what `open` throws.
   */
  async record(input: EntryInput): Promise<AuditEntry> {
    this.#assertOpen()
    return this.#recorder.record(input)
  }

  /**
   * The entries that match, oldest first unless `order` says otherwise.
   *
   * @throws AuditError `AUDIT_INVALID_QUERY` when the query is invalid, or has a key that is unknown or undefined;
   *   `AUDIT_CLOSED`; `AUDIT_READ_FAILED`; `AUDIT_CORRUPT`.
   */
  async query(query: Query = {}): Promise<AuditEntry[]> {
    const found: AuditEntry[] = []
    for await (const page of this.#find(query)) for (const entry of page) found.push(entry)
    return found
  }

  /**
   * Like `query`, one entry at a time and in bounded memory. It sees the log as it was when the iteration began, and never
   * blocks a writer. Throws what `query` throws, when the iteration begins.
   */
  async *stream(query: Query = {}): AsyncGenerator<AuditEntry, void, undefined> {
    for await (const page of this.#find(query)) yield* untilAbortedEach(page, query.signal)
  }

  /** The entry with this id, or `undefined`. UUIDs match in any case, with or without hyphens. Throws what `query` throws. */
  async get(entryId: string): Promise<AuditEntry | undefined> {
    this.#assertOpen()
    if (typeof entryId !== 'string') {
      throw new AuditError('AUDIT_INVALID_QUERY', `entryId must be a string, not ${describe(entryId)}`)
    }
    return this.#reader.get(entryId)
  }

  /** How many entries match. Its cost grows with the matches; without a filter it does not. Throws what `query` throws. */
  async count(filter: Filter = {}): Promise<number> {
    this.#assertOpen()
    return this.#reader.count(selectionOfFilter(filter))
  }

  /**
   * Entries by index, from `start` on, as the log was when the iteration began: for mirrors and tails, which miss nothing if
   * they continue at the last index + 1. With `follow`, it waits for further entries, from this process and others, and
   * looks for them every 100 ms; it survives a store that is unreachable for less than a minute.
   *
   * Throws what `query` throws; `AUDIT_CORRUPT` if an entry is missing, or if a log that is followed was cut or replaced.
   *
   * @example
   * for await (const entry of log.entries({ start: 900, follow: true, signal })) await mirror.add(entry)
   */
  async *entries(range: Range = {}): AsyncGenerator<AuditEntry, void, undefined> {
    this.#assertOpen()
    const checked = rangeOf(range)
    if (checked.follow) return yield* follow(this.#reader, checked)
    const { start, end, signal } = checked
    for await (const page of this.#reader.range(start, end, signal)) yield* untilAbortedEach(page, signal)
  }

  /**
   * Counts, costs, tokens and latencies of the entries that match, by group, in the order of the groups' values. It needs
   * memory for the groups, and not for the entries. Throws what `query` throws.
   *
   * @example
   * const groups = await log.summarize({ by: ['user', 'month'], since: '2026-11-01' })
   * for (const { user, month, count, costUsd } of groups) console.log(user, month, count, costUsd)
   */
  async summarize<const Key extends GroupKey = never>(
    options: SummaryOptions<Key> = {},
  ): Promise<readonly SummaryGroup<Key>[]> {
    this.#assertOpen()
    const { selection, by, signal } = summaryOf(options)
    const parts = await this.#summary.parts({ selection, by, countsOnly: false }, signal)
    return summaryGroups(parts, by) as readonly SummaryGroup<Key>[] // `by` names the keys
  }

  /**
   * The values that occur, the most frequent first, with how many entries have each: for lists to filter by. Throws what
   * `query` throws.
   *
   * @param key `'user'`, `'model'`, `'day'`, `'month'`, `'hour'` (UTC), or a key of the metadata; entries without that key are
   *   left out.
   *
   * @example
   * await log.distinct('user') // [{ value: 'alice', count: 1204 }, …]
   */
  async distinct(key: GroupKey, options: DistinctOptions = {}): Promise<readonly DistinctValue[]> {
    this.#assertOpen()
    const { selection, by, signal } = distinctOf(key, options)
    return distinctValues(await this.#summary.parts({ selection, by, countsOnly: true }, signal))
  }

  /**
   * A signed checkpoint of the log as it is now (C2SP tlog-checkpoint): its name, its size and its root. Keep it somewhere
   * else: it proves any later change to the entries before it. It provably continues what this log has verified or signed
   * since it was opened, so a change to an entry that a running `verify` has already read is not signed.
   *
   * @throws AuditError `AUDIT_INVALID_OPTIONS` if the log has no signer; `AUDIT_SIGNING_FAILED`; `AUDIT_CLOSED`;
   *   `AUDIT_READ_FAILED`; `AUDIT_CORRUPT`, also if the log does not continue what was verified or signed.
   */
  async checkpoint(): Promise<string> {
    return this.#issuerOrThrow().checkpoint()
  }

  /**
   * The proof that an entry is in the log (C2SP tlog-proof), including a checkpoint: a new one, or the one in `options`, and
   * then the log needs no signer. `verifyProof`, or any other implementation of the format, checks it on any machine.
   *
   * @throws AuditError `AUDIT_NOT_FOUND` if there is no such entry; what `get` and `checkpoint` throw; with a checkpoint in
   *   `options`, `AUDIT_NOT_INCLUDED` if the entry came after it, `AUDIT_NOT_CONSISTENT` if the log does not continue it,
   *   `AUDIT_INVALID_NOTE` and `AUDIT_INVALID_CHECKPOINT`.
   */
  async prove(entryId: string, options: ProveOptions = {}): Promise<string> {
    this.#assertOpen()
    const checkpoint = checkpointFrom(options)
    if (checkpoint === undefined) this.#issuerOrThrow() // before the entry is looked for
    const entry = await this.get(entryId)
    if (!entry) throw new AuditError('AUDIT_NOT_FOUND', `there is no entry ${quote(entryId)}`)
    if (checkpoint !== undefined) return this.#prover.proveInclusion(entry.index, checkpoint)
    return this.#issuerOrThrow().proveInclusion(entry.index)
  }

  /**
   * The proof that the log continues an older checkpoint of it, including a newer checkpoint: for `verifyConsistency`, or as
   * the request to a witness (C2SP tlog-witness). It does not check the older checkpoint's signature.
   *
   * @param older a signed checkpoint, or its size alone, as a witness answers with.
   * @param newer a signed checkpoint; the log needs no signer then. Default: a new one.
   * @throws AuditError `AUDIT_NOT_CONSISTENT` if the older one has more entries than the log, or another root;
   *   `AUDIT_WRONG_LOG`, `AUDIT_INVALID_NOTE`, `AUDIT_INVALID_CHECKPOINT`; `AUDIT_INVALID_OPTIONS`; and what `checkpoint`
   *   throws.
   */
  async proveConsistency(older: string | number, newer?: string): Promise<string> {
    this.#assertOpen()
    const checked = olderFrom(older)
    if (newer === undefined) return this.#issuerOrThrow().proveConsistency(checked)
    return this.#prover.proveConsistency(checked, checkpointText(newer, 'proveConsistency'))
  }

  /**
   * Hashes of the tree, as C2SP tlog-tiles cuts it: `width` hashes of 32 bytes, joined. At level 0 they are leaf hashes; at
   * level n, roots over 256ⁿ entries each.
   *
   * @param index which tile of its level, from 0; a tile has 256 hashes.
   * @param width how many of its hashes, from its beginning: 1 to 256. Default: 256, the whole tile.
   * @throws AuditError `AUDIT_INVALID_OPTIONS`; `AUDIT_NOT_FOUND` if the log has not so many entries yet; `AUDIT_CLOSED`;
   *   `AUDIT_READ_FAILED`; `AUDIT_CORRUPT`.
   */
  async tile(level: number, index: number, width = TILE): Promise<Uint8Array> {
    this.#assertOpen()
    return this.#prover.tile(tileFrom(level, index, width))
  }

  /**
   * Re-reads every entry, recomputes every hash and trusts nothing that is stored. It compares the log with the checkpoints
   * that it is given. It continues after the first finding. It does not read entries that come meanwhile. The report says
   * what was read, and how many entries no checkpoint covers.
   *
   * @throws AuditError `AUDIT_INVALID_NOTE`, `AUDIT_INVALID_CHECKPOINT`, `AUDIT_UNKNOWN_KEY` and `AUDIT_WRONG_LOG` if the
   *   checkpoint is not one of this log; `AUDIT_INVALID_OPTIONS` for an unknown or undefined option, and if there is no key
   *   to check the checkpoint with; `AUDIT_CLOSED`; `AUDIT_READ_FAILED`; and the signal's reason.
   *
   * @example
   * const report = await log.verify({ checkpoint: await readFile('checkpoint.txt', 'utf8') })
   * if (!report.ok) for (const { kind, message } of report.findings) console.error(kind, message)
   */
  async verify(options: VerifyOptions = {}): Promise<VerificationReport> {
    this.#assertOpen()
    const request = verifyOptions(options, this.#own)
    const trusted = this.#issuer?.trusted
    const report = await untilAborted(verifyLog(this.#backend, request, trusted), request.control.signal)
    const verifier = request.signed[0]?.trust.verifier // the same for all of them
    if (verifier) for (const checkpoint of report.checkpoints) this.#issuer?.commit(checkpoint, verifier)
    // Entries that were not read are trusted only as far as they were before.
    if (report.ok && report.readFrom <= (trusted?.size ?? 0)) this.#issuer?.trust(report)
    return report
  }

  /**
   * Stores everything that was recorded before, then closes the backend. Later `record()` calls reject. A reading, a
   * verification or a proof that is at work, and every follower, may reject with `AUDIT_CLOSED`. Closing twice is fine.
   */
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
    await this.#tree.grown()
    await this.#backend.close()
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
    const { selection, signal } = selectionOf(query)
    return this.#reader.find(selection, signal)
  }

  #assertOpen(): void {
    if (this.#closing) throw logIsClosed()
  }
}
