import { AuditError } from '../errors.ts'
import { hashAt, hashCount, hashesBetween, joinHashes } from './hashes.ts'
import { RecentLeaves } from './recent-leaves.ts'
import { SubtreeCache, type SubtreeStore } from './subtree-store.ts'
import {
  consistencyRanges,
  EMPTY_ROOT,
  inclusionRanges,
  type LeafRange,
  nodeHash,
  rootOf,
  split,
} from './tree.ts'

/** How many hashes are under one stored subtree root, and in one tile: 8 bits of the index, as in C2SP tlog-tiles. */
export const TILE = 256

/** Hashes of a tile, from its beginning. */
export interface TileRange {
  /** At level 0 the hashes are leaf hashes; at level n, roots over 256ⁿ leaves each. */
  readonly level: number
  /** Which tile of its level. */
  readonly index: number
  /** How many hashes, 1 to 256. */
  readonly width: number
}

/** How many tiles `grow` reads at once: hashing them blocks the event loop for some 10 milliseconds. */
const TILES_AT_ONCE = 64

/** Leaf hashes by index, 32 bytes each, joined. */
export type ReadLeafHashes = (start: number, end: number) => Promise<Uint8Array>

/**
 * The RFC 9162 tree over stored leaf hashes. Roots of complete subtrees of 256, 65,536, … leaves are stored too, so that
 * the root of any size, and any proof, reads O(log n) of them. A root that this process has computed from leaf hashes is
 * preferred to a stored one, because somebody who can write to the store could have put a false one there.
 * Its methods throw what the stores throw, and AuditError `AUDIT_CORRUPT` if a leaf hash is missing.
 */
export class MerkleTree {
  readonly #leafHashes: ReadLeafHashes
  readonly #subtrees: SubtreeStore
  /** How many subtree roots of each level are known to be stored. */
  readonly #stored: number[] = []
  readonly #computed = new SubtreeCache()
  readonly #recent = new RecentLeaves()
  /** The size when this process first used the tree. Subtrees beyond it are computed here, whatever is stored by then. */
  #sizeFound: number | undefined
  #growing: Promise<void> = Promise.resolve()

  constructor(leafHashes: ReadLeafHashes, subtrees: SubtreeStore) {
    this.#leafHashes = leafHashes
    this.#subtrees = subtrees
  }

  /** The root of the tree over the first `size` leaves, 32 bytes. */
  async root(size: number): Promise<Uint8Array> {
    const [root = EMPTY_ROOT] = await this.#rootsOf(size === 0 ? [] : [{ start: 0, end: size }], size)
    return Uint8Array.from(root) // nothing that is shared is handed out
  }

  /** The inclusion proof of a leaf in the tree of `size` (RFC 9162, section 2.1.3). */
  inclusionProof(index: number, size: number): Promise<readonly Uint8Array[]> {
    return this.#rootsOf(inclusionRanges(index, size), size)
  }

  /** The first `width` hashes of a tile, joined (C2SP tlog-tiles); the tree must have the leaves below them. */
  async tile({ level, index, width }: TileRange): Promise<Uint8Array> {
    await this.grow((index * TILE + width) * TILE ** level)
    const hashes = await this.#hashes(level, index * TILE, index * TILE + width)
    return Uint8Array.from(hashes) // nothing that is shared is handed out
  }

  /** The proof that the tree of `size` continues the one of `oldSize` (RFC 9162, section 2.1.4). */
  consistencyProof(oldSize: number, size: number): Promise<readonly Uint8Array[]> {
    return this.#rootsOf(consistencyRanges(oldSize, size), size)
  }

  /** Remembers leaf hashes that were just stored from an index on, and grows if they complete a subtree. */
  added(first: number, hashes: readonly Uint8Array[]): void {
    this.#sizeFound ??= first
    this.#recent.add(first, hashes)
    const size = first + hashes.length
    if (Math.floor(first / TILE) === Math.floor(size / TILE)) return
    // In the background. After a failure, the next request for a root tries again.
    this.grow(size).then(
      () => this.#recent.forgetBefore(size - (size % TILE)),
      () => {},
    )
  }

  /** Stores the roots of the subtrees that are complete at `size` and not stored yet. Calls run one after the other. */
  grow(size: number): Promise<void> {
    const growing = this.grown().then(() => this.#grow(size))
    this.#growing = growing
    return growing
  }

  /** Resolves once all growing has ended, whether or not it succeeded. */
  grown(): Promise<void> {
    return this.#growing.catch(() => {}) // the caller of `grow` gets the error
  }

  async #rootsOf(ranges: readonly LeafRange[], size: number): Promise<readonly Uint8Array[]> {
    const growing = this.grow(size)
    // Together with what `grow` looks for, so that a store far away is asked once, and not level by level.
    const tiles = this.#readAhead(ranges, size)
    await growing
    return Promise.all(ranges.map(range => this.#rootOfRange(range, size, tiles)))
  }

  async #rootOfRange(range: LeafRange, size: number, tiles: Tiles): Promise<Uint8Array> {
    if (!isComplete(range)) {
      const halves = split(range).map(half => this.#rootOfRange(half, size, tiles))
      const [left = EMPTY_ROOT, right = EMPTY_ROOT] = await Promise.all(halves)
      return nodeHash(left, right)
    }
    // A complete subtree: its root lies in, or is folded from a part of, one tile.
    const { level, start, end } = tileOf(range, size)
    const tile = await this.#hashes(level, start, end, tiles.get(`${level}/${start}`))
    const first = range.start / TILE ** level - start
    return rootOf(hashesBetween(tile, first, first + (range.end - range.start) / TILE ** level))
  }

  /** Begins to read the tiles from which roots of these ranges are folded, but for those that this process computed. */
  #readAhead(ranges: readonly LeafRange[], size: number): Tiles {
    const tiles = new Map<string, Promise<Uint8Array>>()
    for (const range of ranges.flatMap(completeSubtrees)) {
      const { level, start, end } = tileOf(range, size)
      const key = `${level}/${start}`
      if (tiles.has(key) || (level > 0 && this.#computedRoots(level, start, end).every(isKnown))) continue
      const tile = level === 0 ? this.#leafHashes(start, end) : this.#subtrees.read(level, start, end)
      tile.catch(() => {}) // whoever awaits it gets the error
      tiles.set(key, tile)
    }
    return tiles
  }

  /** Hashes of a level: leaf hashes, or the roots of the subtrees below. */
  async #hashes(level: number, start: number, end: number, ahead?: Promise<Uint8Array>): Promise<Uint8Array> {
    if (level > 0) return this.#subtreeRoots(level, start, end, ahead)
    const stored = await (ahead ?? this.#leafHashes(start, end))
    if (hashCount(stored) === end - start) return stored
    throw new AuditError(
      'AUDIT_CORRUPT',
      `a leaf hash of the entries ${start} to ${end - 1} is missing; run \`log.verify()\` to see which`,
    )
  }

  /** Roots that this process computed, then stored ones; missing roots are recomputed. */
  async #subtreeRoots(
    level: number,
    start: number,
    end: number,
    ahead?: Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const computed = this.#computedRoots(level, start, end)
    const known = computed.filter(isKnown)
    if (known.length === computed.length) return joinHashes(known)
    const read = await (ahead ?? this.#subtrees.read(level, start, end))
    const stored = hashCount(read) === end - start ? read : undefined
    const roots: Uint8Array[] = []
    for (const [i, root] of computed.entries()) {
      const kept = stored && hashAt(stored, i)
      roots.push(root ?? kept ?? rootOf(await this.#tileBelow(level, start + i)))
    }
    return joinHashes(roots)
  }

  #computedRoots(level: number, start: number, end: number): readonly (Uint8Array | undefined)[] {
    return Array.from({ length: end - start }, (_, i) => this.#computed.get(level, start + i))
  }

  #tileBelow(level: number, index: number): Promise<Uint8Array> {
    return this.#hashes(level - 1, index * TILE, (index + 1) * TILE)
  }

  async #grow(size: number): Promise<void> {
    this.#sizeFound ??= size
    const found = this.#sizeFound
    const levels = levelsOf(size)
    await Promise.all(levels.map(level => this.#countStored(level, found)))
    for (const level of levels) await this.#growLevel(level, completeAt(level, size))
  }

  async #growLevel(level: number, complete: number): Promise<void> {
    for (let stored = this.#stored[level] ?? 0; stored < complete; stored = this.#stored[level] ?? complete) {
      const end = Math.min(complete, stored + TILES_AT_ONCE)
      const recent = level === 1 ? this.#recent.read(stored * TILE, end * TILE) : undefined
      const below = recent ?? (await this.#hashes(level - 1, stored * TILE, end * TILE))
      const roots = foldTiles(below)
      this.#computed.add(level, stored, roots)
      await this.#subtrees.write(level, stored, roots)
      this.#stored[level] = end
    }
  }

  /** Each writer stores roots from the first missing one on, so the stored ones have no gaps, and a search finds their end. */
  async #countStored(level: number, size: number): Promise<void> {
    if (this.#stored[level] !== undefined) return
    const isStored = async (index: number) => (await this.#subtrees.read(level, index, index + 1)).length > 0
    let low = 0
    let high = completeAt(level, size)
    for (let probe = high - 1; low < high; probe = Math.floor((low + high) / 2)) {
      if (await isStored(probe)) low = probe + 1
      else high = probe
    }
    this.#stored[level] = low
  }
}

/** Tiles that are being read, by level and first index. */
type Tiles = ReadonlyMap<string, Promise<Uint8Array>>

function isKnown(root: Uint8Array | undefined): root is Uint8Array {
  return root !== undefined
}

/** Whether a range is that of one complete subtree: those that `split` makes begin at a multiple of their width. */
function isComplete({ start, end }: LeafRange): boolean {
  return 2 ** Math.floor(Math.log2(end - start)) === end - start
}

/** The complete subtrees that a range consists of. */
function completeSubtrees(range: LeafRange): readonly LeafRange[] {
  return isComplete(range) ? [range] : split(range).flatMap(completeSubtrees)
}

/** The tile in a tree of this size in which a complete subtree lies: its level, and indexes of that level. */
function tileOf({ start, end }: LeafRange, size: number) {
  const level = Math.floor(Math.log2(end - start) / Math.log2(TILE))
  const first = Math.floor(start / TILE ** (level + 1)) * TILE
  return { level, start: first, end: Math.min(first + TILE, completeAt(level, size)) }
}

/** The levels that have a complete subtree in a tree of this size. */
function levelsOf(size: number): readonly number[] {
  const levels: number[] = []
  for (let level = 1; TILE ** level <= size; level++) levels.push(level)
  return levels
}

/** How many subtrees of a level are complete at this size. */
function completeAt(level: number, size: number): number {
  return Math.floor(size / TILE ** level)
}

/** The roots of complete tiles, joined. */
function foldTiles(hashes: Uint8Array): Uint8Array {
  const tiles = hashCount(hashes) / TILE
  const roots = Array.from({ length: tiles }, (_, i) =>
    rootOf(hashesBetween(hashes, i * TILE, (i + 1) * TILE)),
  )
  return joinHashes(roots)
}
