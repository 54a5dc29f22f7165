import type { CheckedBackend } from '../backend/checked-backend.ts'
import { AuditError } from '../errors.ts'
import { MerkleAccumulator } from '../merkle/accumulator.ts'
import { MerkleTree, TILE } from '../merkle/merkle-tree.ts'
import { equalBytes } from '../merkle/proof.ts'
import { NO_SUBTREES, type SubtreeStore, withoutWrites } from '../merkle/subtree-store.ts'
import type { TreeHead } from '../merkle/tree.ts'
import { EMPTY_ROOT, rootOf } from '../merkle/tree.ts'
import { openCheckpoint, type VerifiedCheckpoint } from '../note/verify-checkpoint.ts'
import { FindingList, MAX_FINDINGS } from './finding-list.ts'
import { ImportCheck } from './import-check.ts'
import type { VerificationControl, VerificationReport } from './report.ts'
import { type Found, type FoundEntry, type Tile, TileReader, unlessCorrupt } from './tile-reader.ts'
import type { SignedCheckpoint, VerifyRequest } from './verify-options.ts'

/** Gives up after this many missing entries in a row, because a single row may have an enormous index. */
const MAX_HOLE = 256 * TILE
/** A subtree of this level has more leaves than a log can. */
const LEVELS = 7

/** In place of the leaf hash of a missing entry; no entry has it. */
const NO_LEAF = EMPTY_ROOT

/** Re-reads entries and recomputes everything above them; stored hashes and roots are only compared. */
export async function verifyLog(
  backend: CheckedBackend,
  { signed, start, earlier, control }: VerifyRequest,
  trusted: TreeHead | undefined,
): Promise<VerificationReport> {
  const findings = new FindingList()
  const checkpoints = signed.flatMap(each => checkedCheckpoint(each, findings))
  const heads: KnownHead[] = checkpoints.map(checkpoint => ({
    ...checkpoint,
    what: `the checkpoint${checkpoints.length > 1 ? ` of size ${checkpoint.size}` : ''} was signed over`,
  }))
  for (const head of [earlier, trusted]) {
    if (head && !heads.some(known => isSameHead(known, head))) heads.push({ ...head, what: VERIFIED_BEFORE })
  }
  const { inconsistent, ...verified } = await new Verification(backend, heads, start, control, findings).run()
  const compared = checkpoints.map((checkpoint, i) => ({
    ...checkpoint,
    isConsistent: !inconsistent.has(heads[i]),
  }))
  const sizes = compared.map(({ isConsistent, size }) => (isConsistent ? size : 0))
  return { ...verified, checkpoints: compared, uncovered: verified.size - Math.max(0, ...sizes) }
}

function isSameHead(a: TreeHead, b: TreeHead): boolean {
  return a.size === b.size && equalBytes(a.root, b.root)
}

/** A tree that the log must continue. */
interface KnownHead extends TreeHead {
  /** What is known about its entries, for a message. */
  readonly what: string
}

const VERIFIED_BEFORE = 'were verified or signed before'

/** The checkpoint, unless a signature is false. That is a finding, and the checkpoint is then not trusted. */
function checkedCheckpoint(signed: SignedCheckpoint, findings: FindingList): readonly VerifiedCheckpoint[] {
  try {
    return [openCheckpoint(signed.checkpoint, signed.trust)]
  } catch (error) {
    if (!(error instanceof AuditError) || error.code !== 'AUDIT_BAD_SIGNATURE') throw error
    findings.add({ kind: 'signature-bad', message: error.message })
    return []
  }
}

/** An entry whose leaf hash differs from the stored one for its index. */
interface Mismatch {
  readonly index: number
  readonly entryId: string
  readonly actual: Uint8Array
  readonly kept: Uint8Array
}

class Verification {
  readonly #backend: CheckedBackend
  readonly #reader: TileReader
  readonly #heads: readonly KnownHead[]
  readonly #control: VerificationControl
  readonly #findings: FindingList
  readonly #mismatches: Mismatch[] = []
  /** Leaf hashes so far that are not those that were kept. */
  #deviations = 0
  /** The first of the missing entries right before the current one. */
  #missingFrom: number | undefined
  readonly #accumulator = new MerkleAccumulator()
  /** Roots of each level since its last complete tile. */
  readonly #roots: (Uint8Array | undefined)[][] = []
  /** The recomputed roots over the first entries, by the sizes of the known heads. */
  readonly #rootsAt = new Map<number, Uint8Array>()
  /** The known heads that the log does not continue. */
  readonly #inconsistent = new Set<KnownHead | undefined>()
  readonly #start: number
  /** The first index whose entry is read: a tile is read as a whole. */
  readonly #readFrom: number
  #imports = ImportCheck.none()

  constructor(
    backend: CheckedBackend,
    heads: readonly KnownHead[],
    start: number,
    control: VerificationControl,
    findings: FindingList,
  ) {
    this.#backend = backend
    this.#reader = new TileReader(backend)
    this.#findings = findings
    this.#heads = heads
    this.#start = start
    this.#readFrom = start - (start % TILE)
    this.#control = control
  }

  async run() {
    const size = await this.#backend.size()
    const inspecting = unlessCorrupt(() => this.#backend.inspect())
    inspecting.catch(() => {}) // awaited below, unless something else throws before
    this.#imports = await ImportCheck.of(this.#backend, size)
    await this.#verifyEntries(size)
    const imported = this.#imports.settle(this.#rootsAt, this.#findings)
    this.#reportMismatches()
    await this.#verifyEnd(size)
    for (const head of this.#heads) await this.#compareWith(head, size)
    if (this.#start > size && this.#inconsistent.size === 0) this.#reportStart(size)
    const inspected = await inspecting
    if (inspected instanceof AuditError) this.#findings.add({ kind: 'damaged', message: inspected.message })
    else for (const finding of inspected) this.#findings.add(finding)
    const findings = this.#findings.all()
    return {
      ok: findings.length === 0,
      size,
      root: this.#accumulator.root(),
      readFrom: Math.min(this.#readFrom, size),
      findings,
      ...(imported && { imported }),
      inconsistent: this.#inconsistent,
    }
  }

  async #verifyEntries(size: number): Promise<void> {
    const read = (start: number) => this.#reader.read(start, size, start < this.#readFrom)
    let coming = read(0)
    for (let start = 0; start < size; start += TILE) {
      const tile = await coming
      this.#control.signal?.throwIfAborted()
      const end = Math.min(start + TILE, size)
      coming = read(end)
      coming.catch(() => {}) // awaited by the next round, unless this one throws
      await this.#verifyTile(start, end, tile)
      this.#control.onProgress?.({ verified: end, size })
      if (end - (this.#missingFrom ?? end) >= MAX_HOLE) break
    }
    this.#endHole(size)
  }

  async #verifyTile(start: number, end: number, { found, kept }: Tile): Promise<void> {
    const leaves: Uint8Array[] = []
    const before = this.#deviations
    for (let index = start; index < end; index++) {
      leaves.push(this.#verifyIndex(index, found.get(index), kept[index - start]))
    }
    for (const { size } of this.#heads) this.#noteRootAt(size, start, leaves)
    for (const size of this.#imports.sizes) this.#noteRootAt(size, start, leaves)
    if (leaves.length < TILE) {
      for (const leaf of leaves) this.#accumulator.add(leaf)
      return
    }
    const root = rootOf(Buffer.concat(leaves))
    this.#accumulator.add(root, TILE)
    // Computed from the stored leaf hashes, because an entry that differs from its own was already found.
    await this.#verifySubtree(1, start / TILE, this.#deviations === before ? root : rootOver(kept))
  }

  /** Returns the recomputed leaf hash of the entry at this index. */
  #verifyIndex(index: number, found: Found | undefined, kept: Uint8Array | undefined): Uint8Array {
    if (found === undefined) {
      this.#deviations++
      this.#missingFrom ??= index
      return NO_LEAF
    }
    this.#endHole(index)
    if (found === 'unread') return kept ?? NO_LEAF // only tiles with all hashes are left unread
    if (!(found instanceof AuditError)) return this.#verifyEntry(index, found, kept)
    this.#deviations++
    const message = `entry ${index} cannot be read: ${found.message}`
    this.#findings.add({ kind: 'damaged', index, message })
    return NO_LEAF
  }

  #verifyEntry(index: number, found: FoundEntry, kept: Uint8Array | undefined): Uint8Array {
    const { entryId, leafHash } = found
    this.#imports.note(index, found)
    if (!kept || !equalBytes(leafHash, kept)) {
      this.#mismatch({ index, entryId, actual: leafHash, kept: kept ?? NO_LEAF })
    }
    if (!found.isOwn) {
      const message = `entry ${index} was not written by this package in this form: its id does not contain its timestamp`
      const finding = { kind: 'foreign-entry', index, entryId, message } as const
      if (!this.#imports.defer(finding)) this.#findings.add(finding)
    }
    return leafHash
  }

  #mismatch(mismatch: Mismatch): void {
    this.#deviations++
    if (this.#mismatches.length < MAX_FINDINGS) this.#mismatches.push(mismatch)
    else this.#findings.countFurther()
  }

  /** An entry whose hash is stored for another index was moved; any other was changed. */
  #reportMismatches(): void {
    const keptElsewhere = new Set(this.#mismatches.map(({ kept }) => hashKey(kept)))
    for (const { index, entryId, actual } of this.#mismatches) {
      if (keptElsewhere.has(hashKey(actual))) {
        const message = `entry ${index} is where another one was recorded`
        this.#findings.add({ kind: 'order-changed', index, entryId, message })
      } else {
        const message = `entry ${index} was changed: it does not match its stored leaf hash`
        this.#findings.add({ kind: 'entry-changed', index, entryId, message })
      }
    }
  }

  #endHole(end: number): void {
    const start = this.#missingFrom
    if (start === undefined) return
    this.#missingFrom = undefined
    const which = end - start === 1 ? `entry ${start} is` : `the entries ${start} to ${end - 1} are`
    const rest = end - start >= MAX_HOLE ? '; what may stand among them or behind them was not verified' : ''
    this.#findings.add({ kind: 'entry-missing', index: start, message: `${which} missing${rest}` })
  }

  /** @param root the recomputed root; `undefined` if something below it is missing. */
  async #verifySubtree(level: number, index: number, root: Uint8Array | undefined): Promise<void> {
    const stored = await this.#subtree(level, index)
    if (root && stored && !equalBytes(stored, root)) {
      const [start, end] = [index * TILE ** level, (index + 1) * TILE ** level]
      const message = `the stored root over the entries ${start} to ${end - 1} does not match their leaf hashes`
      this.#findings.add({ kind: 'subtree-forged', index: start, message })
    }
    const roots = this.#roots[level] ?? []
    this.#roots[level] = roots
    roots.push(root ?? stored)
    if (roots.length < TILE) return
    this.#roots[level] = []
    await this.#verifySubtree(level + 1, (index + 1) / TILE - 1, rootOver(roots))
  }

  /** Roots are stored after the entries below them, so a root beyond the end means that entries are missing. */
  async #verifyEnd(size: number): Promise<void> {
    for (let level = 1; level < LEVELS; level++) {
      const width = TILE ** level
      const end = (Math.floor(size / width) + 1) * width
      const beyond = await this.#subtree(level, end / width - 1)
      if (!beyond) continue
      // Checked again, because the log may have grown meanwhile.
      if ((await this.#backend.size()) >= end) continue
      const message = `the log holds ${size} entries, but once held at least ${end}: a root over them is stored`
      this.#findings.add({ kind: 'rolled-back', index: size, message })
      return
    }
  }

  async #subtree(level: number, index: number): Promise<Uint8Array | undefined> {
    const read = await unlessCorrupt(() => this.#backend.subtrees.read(level, index, index + 1))
    if (read instanceof AuditError) return NO_LEAF
    return read.length === 0 ? undefined : read
  }

  #reportStart(size: number): void {
    const message = `the log has only ${size} entries, and the verification was to start at ${this.#start}`
    this.#findings.add({ kind: 'tail-missing', index: size, message })
  }

  async #compareWith(head: KnownHead, size: number): Promise<void> {
    if (size >= head.size && equalBytes(this.#rootsAt.get(head.size) ?? EMPTY_ROOT, head.root)) return
    this.#inconsistent.add(head)
    if (size < head.size) {
      const message = `the log has only ${size} of the ${head.size} entries that ${head.what}`
      this.#findings.add({ kind: 'tail-missing', index: size, message })
      return
    }
    const where = await this.#locate(head)
    const message = `the first ${head.size} entries are not those that ${head.what}: ${where}`
    this.#findings.add({ kind: 'checkpoint-inconsistent', message })
  }

  /** If the stored hashes yield the signed root, they are true and show which entries are not. */
  async #locate(head: TreeHead): Promise<string> {
    if (await this.#leadTo(head, NO_SUBTREES)) {
      return 'the leaf hashes that were kept still lead to it, so the entries that were found are all that changed'
    }
    if (await this.#leadTo(head, withoutWrites(this.#backend.subtrees))) {
      return 'the subtree roots that were kept still lead to it, so only entries below those that were found changed'
    }
    return 'nothing that is stored tells which of them changed'
  }

  async #leadTo({ size, root }: TreeHead, subtrees: SubtreeStore): Promise<boolean> {
    const tree = new MerkleTree((start, end) => this.#backend.leafHashes(start, end), subtrees)
    const stored = await unlessCorrupt(() => tree.root(size))
    return !(stored instanceof AuditError) && equalBytes(stored, root)
  }

  #noteRootAt(size: number, start: number, leaves: readonly Uint8Array[]): void {
    const count = size - start
    if (!(count > 0 && count <= leaves.length)) return
    const accumulator = new MerkleAccumulator(this.#accumulator)
    for (const leaf of leaves.slice(0, count)) accumulator.add(leaf)
    this.#rootsAt.set(size, accumulator.root())
  }
}

function rootOver(hashes: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  const known = hashes.filter(hash => hash !== undefined)
  return known.length === hashes.length ? rootOf(Buffer.concat(known)) : undefined
}

function hashKey(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1')
}
