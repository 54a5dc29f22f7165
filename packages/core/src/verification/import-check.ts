import type { CheckedBackend } from '../backend/checked-backend.ts'
import type { AuditEntry } from '../entry/entry.ts'
import { encodeLine } from '../entry/line.ts'
import { leafHash } from '../merkle/leaf.ts'
import { equalBytes } from '../merkle/proof.ts'
import type { Finding } from './finding.ts'
import { FindingList } from './finding-list.ts'
import { IMPORT_MODEL, type ImportedRange, importedRangeOf } from './imported-range.ts'
import type { FoundEntry } from './tile-reader.ts'

/** A log is imported into once, and more often only if the source was such a log. A hostile log may claim any number. */
const MAX_CLAIMS = 16

/** An entry that says that all before it were imported. */
interface Claim extends ImportedRange {
  /** The leaf hash of that entry, as a query found it. */
  readonly leafHash: Uint8Array
  /** Whether a verification found the same entry at its index. */
  isFound: boolean
  /** Foreign entries that only this claim, and later ones, explain. */
  readonly foreign: FindingList
}

/**
 * Tells imported entries from foreign ones. A claim counts only if the recomputed root over its range is the one that it
 * names, and if it is an entry of the log itself: so it explains no entry that was changed since.
 */
export class ImportCheck {
  readonly #claims: readonly Claim[]

  private constructor(closing: readonly AuditEntry[]) {
    this.#claims = closing.flatMap(claimsOf).sort((a, b) => a.entries - b.entries)
  }

  /** For a log that makes no claim. */
  static none(): ImportCheck {
    return new ImportCheck([])
  }

  /** Looks for claims among the first `size` entries. A log that cannot be searched makes none. */
  static async of(backend: CheckedBackend, size: number): Promise<ImportCheck> {
    const selection = { model: IMPORT_MODEL, size, order: 'asc', limit: MAX_CLAIMS } as const
    // A query needs more of a store than a verification does, such as an index that may be gone. What is wrong with it will
    // be found; a claim that is not seen brings back findings, and hides none.
    return new ImportCheck(await backend.find(selection).catch(() => []))
  }

  /** The sizes at which a root must be known to check the claims. */
  get sizes(): readonly number[] {
    return this.#claims.map(({ entries }) => entries)
  }

  /** Notes what was found where a claim should stand. */
  note(index: number, { leafHash, isOwn }: FoundEntry): void {
    for (const claim of this.#claims) {
      if (claim.entries === index) claim.isFound = isOwn && equalBytes(claim.leafHash, leafHash)
    }
  }

  /** Keeps a finding about a foreign entry until `settle`, if a claim may explain it. Returns whether one may. */
  defer(finding: Finding & { readonly index: number }): boolean {
    const claim = this.#claims.find(({ entries }) => finding.index < entries)
    claim?.foreign.add(finding)
    return claim !== undefined
  }

  /**
   * The range that was imported, if a claim holds. Moves the findings that it does not explain to `findings`.
   *
   * @param rootsAt the recomputed roots, by size.
   */
  settle(rootsAt: ReadonlyMap<number, Uint8Array>, findings: FindingList): ImportedRange | undefined {
    const imported = this.#claims.findLast(({ entries, root, isFound }) => {
      const actual = rootsAt.get(entries)
      return isFound && actual !== undefined && equalBytes(actual, root)
    })
    for (const { entries, foreign } of this.#claims) {
      if (entries > (imported?.entries ?? 0)) findings.addAll(foreign)
    }
    return imported && { entries: imported.entries, root: imported.root, source: imported.source }
  }
}

function claimsOf(entry: AuditEntry): readonly Claim[] {
  try {
    const range = importedRangeOf(entry)
    if (!range) return []
    return [{ ...range, leafHash: leafHash(encodeLine(entry)), isFound: false, foreign: new FindingList() }]
  } catch {
    return [] // the store answered with something that is no entry, which reading by index shows
  }
}
