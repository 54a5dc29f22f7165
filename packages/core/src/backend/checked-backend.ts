import { freezeEntry } from '../entry/entry.ts'
import { describe } from '../entry/json.ts'
import { AuditError, type AuditErrorCode } from '../errors.ts'
import { hashCount } from '../merkle/hashes.ts'
import type { Leaf } from '../merkle/leaf.ts'
import { NO_SUBTREES, type SubtreeStore, withoutWrites } from '../merkle/subtree-store.ts'
import { isWholeNumber } from '../options.ts'
import type { Selection } from '../query/selection.ts'
import { isSummaryPart, type SummaryPart, type SummaryRequest } from '../summary/summary-part.ts'
import { areDigests, digestsOf, type EntryDigests } from '../verification/entry-digests.ts'
import type { Finding } from '../verification/finding.ts'
import type { AuditBackend } from './backend.ts'
import type { Page } from './page.ts'

/**
 * A backend as core uses it. Its first use opens it. Core checks each answer before it continues: an answer that breaks the
 * contract ends the call, and nothing false is returned. Whatever the backend throws becomes an `AuditError`.
 */
export class CheckedBackend implements AuditBackend {
  readonly supports: AuditBackend['supports']
  readonly isReadOnly: boolean
  /** Stores nothing if the backend has no store, and no new roots if it is read-only. */
  readonly subtrees: SubtreeStore
  readonly #backend: AuditBackend
  #opening: Promise<void> | undefined
  #isClosing = false

  constructor(backend: AuditBackend) {
    const { subtrees } = backend
    this.#backend = backend
    this.supports = backend.supports
    this.isReadOnly = backend.isReadOnly === true
    this.subtrees = subtrees ? this.#checkedSubtrees(subtrees) : NO_SUBTREES
  }

  /** Opens the backend unless it is open. After a failure, the next call tries again. */
  open(): Promise<void> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  async append(leaves: readonly Leaf[]): Promise<number> {
    await this.open()
    const first = await attempt('AUDIT_WRITE_FAILED', 'the entry was not stored; record it again', () =>
      this.#backend.append(leaves),
    )
    return firstIndexFrom(first)
  }

  size(): Promise<number> {
    return this.#ask(async () => countFrom(await this.#backend.size(), 'its size'))
  }

  read(start: number, end: number): Promise<Page> {
    return this.#ask(async () => pageFrom(await this.#backend.read(start, end)))
  }

  find(selection: Selection): Promise<Page> {
    return this.#ask(async () => pageFrom(await this.#backend.find(selection)))
  }

  count(selection: Selection): Promise<number> {
    return this.#ask(async () => countFrom(await this.#backend.count(selection), 'a count'))
  }

  leafHashes(start: number, end: number): Promise<Uint8Array> {
    return this.#ask(async () => hashesFrom(await this.#backend.leafHashes(start, end), start, end))
  }

  inspect(): Promise<readonly Finding[]> {
    return this.#ask(async () => findingsFrom((await this.#backend.inspect?.()) ?? []))
  }

  /** Computed by the backend if it can, and otherwise from what it reads. */
  digests(start: number, end: number): Promise<EntryDigests> {
    return this.#ask(async () => {
      if (!this.#backend.digests) return digestsOfPage(entriesFrom(await this.#backend.read(start, end)))
      return digestsFrom(await this.#backend.digests(start, end))
    })
  }

  /** What `summarize` answers; `undefined` where the backend has none, and leaves it to core. */
  async summaryParts(request: SummaryRequest): Promise<readonly SummaryPart[] | undefined> {
    if (!this.#backend.summarize) return undefined
    return this.#ask(async () => partsFrom(await this.#backend.summarize?.(request), request))
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#opening?.catch(() => {}) // its callers get the error
    await this.#backend.close()
  }

  #checkedSubtrees(subtrees: SubtreeStore): SubtreeStore {
    const store: SubtreeStore = {
      read: (level, start, end) =>
        this.#ask(async () => hashesFrom(await subtrees.read(level, start, end), start, end)),
      write: (level, start, hashes) => this.#ask(() => subtrees.write(level, start, hashes)),
    }
    return this.isReadOnly ? withoutWrites(store) : store
  }

  async #open(): Promise<void> {
    try {
      await attempt('AUDIT_OPEN_FAILED', 'the log could not be opened', () => this.#backend.open())
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  async #ask<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#isClosing) throw logIsClosed()
    await this.open()
    return attempt('AUDIT_READ_FAILED', 'the log could not be read', operation)
  }
}

/** The error for a call on a log that is closed, or that is being closed while the call is at work. */
export function logIsClosed(): AuditError {
  return new AuditError('AUDIT_CLOSED', 'the log is closed; create a new AuditLog to continue')
}

async function attempt<T>(code: AuditErrorCode, message: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    throw AuditError.wrap(error, code, message)
  }
}

/** No backend has a reason to return more, and an array may claim to have billions. */
const MOST_FINDINGS = 1_000_000

const SEE_TESTKIT = 'the testkit tells what is wrong with a backend'

function firstIndexFrom(given: unknown): number {
  if (isWholeNumber(given)) return given
  throw new AuditError(
    'AUDIT_OUTCOME_UNKNOWN',
    `the backend returned ${describe(given)} as the index of a batch, so nobody knows whether it stored it; ${SEE_TESTKIT}`,
  )
}

function findingsFrom(given: unknown): readonly Finding[] {
  if (!Array.isArray(given) || given.length > MOST_FINDINGS) throw wrong(given, 'findings')
  for (const finding of given) if (!isFinding(finding)) throw wrong(finding, 'a finding')
  return given
}

function isFinding(given: unknown): given is Finding {
  const { kind, message }: { readonly [K in keyof Finding]?: unknown } = Object(given)
  return typeof kind === 'string' && typeof message === 'string'
}

function digestsOfPage(page: Page): EntryDigests {
  return digestsOf(page, page.isPartial === true)
}

function digestsFrom(given: unknown): EntryDigests {
  if (areDigests(given)) return given
  throw wrong(given, 'digests')
}

/** What is wrong in a part besides its form is the testkit's to find. */
function partsFrom(given: unknown, { by }: SummaryRequest): readonly SummaryPart[] {
  if (!Array.isArray(given)) throw wrong(given, 'a summary')
  for (const part of given) if (!isSummaryPart(part, by.length)) throw wrong(part, 'a part of a summary')
  return given
}

function countFrom(given: unknown, what: string): number {
  if (isWholeNumber(given)) return given
  throw wrong(given, what)
}

/** Freezes the entries of a page in place, whatever the store did. */
function pageFrom(given: unknown): Page {
  const page = entriesFrom(given)
  for (const entry of page) freezeEntry(entry)
  return page
}

/** The fields of the entries are checked where they are used. */
function entriesFrom(given: unknown): Page {
  if (!Array.isArray(given)) throw wrong(given, 'entries')
  for (const entry of given) if (typeof entry !== 'object' || entry === null) throw wrong(entry, 'an entry')
  return given
}

/** At most as many hashes as were requested, and fewer at the end of the log. */
function hashesFrom(given: unknown, start: number, end: number): Uint8Array {
  if (!ArrayBuffer.isView(given)) throw wrong(given, 'hashes')
  const hashes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
  const count = hashCount(hashes)
  if (Number.isInteger(count) && count <= end - start) return hashes
  throw new AuditError('AUDIT_CORRUPT', `the backend gave ${hashes.length} bytes as hashes; ${SEE_TESTKIT}`)
}

function wrong(given: unknown, what: string): AuditError {
  return new AuditError('AUDIT_CORRUPT', `the backend gave ${describe(given)} as ${what}; ${SEE_TESTKIT}`)
}
