import { type AuditEntry, freezeEntry } from '../entry/entry.ts'
import { describe } from '../entry/json.ts'
import { AuditError } from '../errors.ts'
import { hashCount } from '../merkle/hashes.ts'
import type { Leaf } from '../merkle/leaf.ts'
import type { SubtreeStore } from '../merkle/subtree-store.ts'
import type { Selection } from '../query/selection.ts'
import type { Finding } from '../verification/finding.ts'
import type { AuditBackend } from './backend.ts'
import type { Page } from './page.ts'

/**
 * A backend whose answers are looked at before core goes on with them: one that gives something else than the contract
 * says ends the call, and nothing false is handed out. What is right in form is not checked here.
 */
export class CheckedBackend implements AuditBackend {
  readonly supports: AuditBackend['supports']
  readonly isReadOnly: boolean
  readonly subtrees?: SubtreeStore
  readonly #backend: AuditBackend

  constructor(backend: AuditBackend) {
    const { subtrees } = backend
    this.#backend = backend
    this.supports = backend.supports
    this.isReadOnly = backend.isReadOnly === true
    if (!subtrees) return
    this.subtrees = {
      read: async (level, start, end) => hashesFrom(await subtrees.read(level, start, end), start, end),
      write: (level, start, hashes) => subtrees.write(level, start, hashes),
    }
  }

  async open(): Promise<void> {
    await this.#backend.open()
  }

  async append(leaves: readonly Leaf[]): Promise<number> {
    const first: unknown = await this.#backend.append(leaves)
    if (isWholeNumber(first)) return first
    throw new AuditError(
      'AUDIT_OUTCOME_UNKNOWN',
      `the backend gave ${describe(first)} as the index of what it was to store, so nobody knows whether it did; ${SEE_TESTKIT}`,
    )
  }

  async size(): Promise<number> {
    return countFrom(await this.#backend.size(), 'its size')
  }

  async read(start: number, end: number): Promise<Page> {
    return pageFrom(await this.#backend.read(start, end))
  }

  async find(selection: Selection): Promise<Page> {
    return pageFrom(await this.#backend.find(selection))
  }

  async count(selection: Selection): Promise<number> {
    return countFrom(await this.#backend.count(selection), 'a count')
  }

  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    return hashesFrom(await this.#backend.leafHashes(start, end), start, end)
  }

  async inspect(): Promise<readonly Finding[]> {
    const findings: unknown = (await this.#backend.inspect?.()) ?? []
    if (!Array.isArray(findings) || findings.length > MOST_FINDINGS) throw wrong(findings, 'findings')
    return findings
  }

  async close(): Promise<void> {
    await this.#backend.close()
  }
}

/** No backend has a reason for more, and an array may claim to have thousands of millions. */
const MOST_FINDINGS = 1_000_000

const SEE_TESTKIT = 'the testkit tells what is wrong with a backend'

function countFrom(given: unknown, what: string): number {
  if (isWholeNumber(given)) return given
  throw wrong(given, what)
}

function isWholeNumber(given: unknown): given is number {
  return typeof given === 'number' && Number.isSafeInteger(given) && given >= 0
}

/** Freezes the entries of a page where they are, whatever the store did. */
function pageFrom(given: unknown): Page {
  if (!Array.isArray(given)) throw wrong(given, 'entries')
  for (const entry of given) {
    if (typeof entry !== 'object' || entry === null) throw wrong(entry, 'an entry')
    freezeEntry(entry as AuditEntry) // what its fields hold is looked at where it is used
  }
  return given
}

/** At most as many hashes as were asked for; fewer where there are no more. */
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
