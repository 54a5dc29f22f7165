import { canonicalEntryId, type EntryIndex } from '@audit/core/backend'
import type { LineDigest } from './line-digest.ts'

/**
 * Finds an entry by its id. The index holds only some bits of the id, so each hit is compared with the entry's line. The
 * line is read only once for that, however often its id is looked up.
 */
export class IdLookup {
  readonly #index: EntryIndex
  readonly #digest: LineDigest
  readonly #readId: (index: number) => string
  /** Digests of the ids that were read, by the index of their entry. */
  readonly #digests = new Map<number, number>()

  /** @param readId reads the id of an entry from its line. */
  constructor(index: EntryIndex, digest: LineDigest, readId: (index: number) => string) {
    this.#index = index
    this.#digest = digest
    this.#readId = readId
  }

  /** The index of the entry with this id. */
  indexOf(entryId: string): number | undefined {
    const candidates = this.#index.indexesOfId(entryId)
    if (candidates.length === 0) return undefined
    const wanted = this.#digestOf(entryId)
    return candidates.find(index => this.#digestAt(index) === wanted)
  }

  #digestAt(index: number): number {
    const known = this.#digests.get(index)
    if (known !== undefined) return known
    const digest = this.#digestOf(this.#readId(index))
    this.#digests.set(index, digest)
    return digest
  }

  #digestOf(entryId: string): number {
    return this.#digest.ofId(canonicalEntryId(entryId))
  }
}
