import type { CheckedBackend } from '../backend/checked-backend.ts'
import { AuditError } from '../errors.ts'
import { hashAt, hashCount } from '../merkle/hashes.ts'
import { TILE } from '../merkle/merkle-tree.ts'

/** What is at an index: the parts of an entry that a verification compares, or why the entry cannot be read. */
export type Found = FoundEntry | AuditError | 'unread'

/** An entry that could be read. */
export interface FoundEntry {
  readonly entryId: string
  /** Computed anew, 32 bytes. */
  readonly leafHash: Uint8Array
  /** Whether its id contains its timestamp, as in every entry of this package. */
  readonly isOwn: boolean
}

/** What is verified at once: 256 indexes, or fewer at the end. */
export interface Tile {
  /** By index, without missing entries. */
  readonly found: ReadonlyMap<number, Found>
  /** Stored leaf hashes, `undefined` for missing ones. */
  readonly kept: readonly (Uint8Array | undefined)[]
}

/** Reads a log tile by tile, in bounded memory, and continues after damage. */
export class TileReader {
  readonly #backend: CheckedBackend

  constructor(backend: CheckedBackend) {
    this.#backend = backend
  }

  /**
   * The tile that begins at `start`, of a log of `size` entries.
   *
   * @param hashesOnly leaves its entries unread, if all of their leaf hashes are stored.
   */
  async read(start: number, size: number, hashesOnly: boolean): Promise<Tile> {
    const end = Math.min(start + TILE, size)
    if (start >= end) return { found: new Map(), kept: [] }
    if (hashesOnly) {
      const kept = await this.#readHashes(start, end)
      const found = new Map(kept.map((_, i): [number, Found] => [start + i, 'unread']))
      if (!kept.includes(undefined)) return { found, kept }
    }
    const found = new Map<number, Found>()
    const [, kept] = await Promise.all([this.#readEntries(start, end, found), this.#readHashes(start, end)])
    return { found, kept }
  }

  /** If a part cannot be read, reads ever smaller parts, down to the damaged entries. */
  async #readEntries(start: number, end: number, found: Map<number, Found>): Promise<void> {
    for (let next = start; next < end; ) {
      const digests = await unlessCorrupt(() => this.#backend.digests(next, end))
      if (digests instanceof AuditError) return this.#readHalves(next, end, digests, found)
      const { indexes, entryIds, leafHashes, areOwn, isPartial } = digests
      for (const [i, index] of indexes.entries()) {
        if (index < next || index >= end) continue
        const isOwn = areOwn[i] === true
        found.set(index, { entryId: entryIds[i] ?? '', leafHash: hashAt(leafHashes, i), isOwn })
      }
      const last = indexes.at(-1) ?? end
      if (!isPartial || !(last >= next)) return
      next = last + 1
    }
  }

  async #readHalves(start: number, end: number, error: AuditError, found: Map<number, Found>): Promise<void> {
    if (end - start === 1) {
      found.set(start, error)
      return
    }
    const middle = Math.floor((start + end) / 2)
    await this.#readEntries(start, middle, found)
    await this.#readEntries(middle, end, found)
  }

  async #readHashes(start: number, end: number): Promise<readonly (Uint8Array | undefined)[]> {
    const joined = await unlessCorrupt(() => this.#backend.leafHashes(start, end))
    if (!(joined instanceof AuditError) && hashCount(joined) === end - start) {
      return Array.from({ length: end - start }, (_, i) => hashAt(joined, i))
    }
    if (end - start === 1 || (!(joined instanceof AuditError) && joined.length === 0)) {
      return Array.from({ length: end - start }, () => undefined)
    }
    const middle = Math.floor((start + end) / 2)
    return [...(await this.#readHashes(start, middle)), ...(await this.#readHashes(middle, end))]
  }
}

/** Returns the error if a part of the store is damaged, so that the verification continues. */
export async function unlessCorrupt<T>(operation: () => Promise<T>): Promise<T | AuditError> {
  try {
    return await operation()
  } catch (error) {
    if (error instanceof AuditError && error.code === 'AUDIT_CORRUPT') return error
    throw error
  }
}
