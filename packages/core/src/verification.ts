import type { AuditBackend } from './backend.ts'
import type { AuditEntry } from './entry.ts'
import { timeOfEntryId } from './entry-id.ts'
import { AuditError } from './errors.ts'
import type { Finding } from './finding.ts'
import { FindingList, MAX_FINDINGS } from './finding-list.ts'
import { encodeLine } from './line.ts'
import { MerkleAccumulator } from './merkle/accumulator.ts'
import { HASH_BYTES, leafHash } from './merkle/leaf.ts'
import { MerkleTree, TILE } from './merkle/merkle-tree.ts'
import { equalBytes } from './merkle/proof.ts'
import { MemorySubtreeStore, type SubtreeStore } from './merkle/subtree-store.ts'
import { EMPTY_ROOT, rootOf } from './merkle/tree.ts'
import type { Checkpoint } from './note/checkpoint.ts'
import { type SignedCheckpoint, verifyCheckpoint } from './note/verify-checkpoint.ts'

/** What `log.verify` found. */
export interface VerificationReport {
  /** Whether nothing was found. */
  readonly ok: boolean
  /** How many entries the log holds. */
  readonly size: number
  /** The root over all entries, computed anew, 32 bytes. */
  readonly root: Uint8Array
  /** The first 10,000; further ones are counted in the last. */
  readonly findings: readonly Finding[]
}

/** How a verification is watched and stopped. */
export interface VerificationControl {
  /** Called after each 256 entries, and at the end. */
  readonly onProgress?: (progress: VerificationProgress) => void
  /** Stops it; `verify` then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** How far a verification is. */
export interface VerificationProgress {
  /** Entries. */
  readonly verified: number
  /** Entries in the whole log. */
  readonly size: number
}

/** After so many missing entries in a row the rest is given up: one row can be given an index beyond all counting. */
const MAX_HOLE = 256 * TILE
/** A subtree of this level has more leaves than a log can. */
const LEVELS = 7

/** Stands for the leaf hash of an entry that is not there: no entry has it. */
const NO_LEAF = EMPTY_ROOT

/** Re-reads every entry and recomputes everything; what is stored is only compared. */
export async function verifyLog(
  backend: AuditBackend,
  signed: SignedCheckpoint | undefined,
  control: VerificationControl,
): Promise<VerificationReport> {
  const findings = new FindingList()
  const checkpoint = signed && checkedCheckpoint(signed, findings)
  return new Verification(backend, checkpoint, control, findings).run()
}

/** The checkpoint, unless a signature is false, which is a finding; nothing in it can be believed then. */
function checkedCheckpoint(signed: SignedCheckpoint, findings: FindingList): Checkpoint | undefined {
  try {
    return verifyCheckpoint(signed)
  } catch (error) {
    if (!isAuditError(error, 'AUDIT_BAD_SIGNATURE')) throw error
    findings.add({ kind: 'signature-bad', message: error.message })
    return undefined
  }
}

/** An entry whose leaf hash is not the one that was kept for its place. */
interface Mismatch {
  readonly index: number
  readonly entryId: string
  readonly actual: Uint8Array
  readonly kept: Uint8Array
}

/** What is read at once: 256 places. */
interface Tile {
  readonly entries: ReadonlyMap<number, AuditEntry | AuditError>
  /** Stored leaf hashes, `undefined` where there is none. */
  readonly kept: readonly (Uint8Array | undefined)[]
}

class Verification {
  readonly #backend: AuditBackend
  readonly #checkpoint: Checkpoint | undefined
  readonly #control: VerificationControl
  readonly #findings: FindingList
  readonly #mismatches: Mismatch[] = []
  /** Leaf hashes so far that are not those that were kept. */
  #deviations = 0
  /** The first of the missing entries that come right before the one in hand. */
  #missingFrom: number | undefined
  readonly #accumulator = new MerkleAccumulator()
  /** Roots of each level since its last complete tile. */
  readonly #roots: (Uint8Array | undefined)[][] = []
  #rootAtCheckpoint: Uint8Array = EMPTY_ROOT

  constructor(
    backend: AuditBackend,
    checkpoint: Checkpoint | undefined,
    control: VerificationControl,
    findings: FindingList,
  ) {
    this.#backend = backend
    this.#findings = findings
    this.#checkpoint = checkpoint
    this.#control = control
  }

  async run(): Promise<VerificationReport> {
    const size = await this.#ask(() => this.#backend.size())
    const inspecting = this.#unlessCorrupt(async () => (await this.#backend.inspect?.()) ?? [])
    inspecting.catch(() => {}) // awaited below, unless something else throws before
    await this.#verifyEntries(size)
    this.#reportMismatches()
    await this.#verifyEnd(size)
    if (this.#checkpoint) await this.#compareWith(this.#checkpoint, size)
    const inspected = await inspecting
    if (inspected instanceof AuditError) this.#findings.add({ kind: 'damaged', message: inspected.message })
    else for (const finding of inspected) this.#findings.add(finding)
    const findings = this.#findings.all()
    return { ok: findings.length === 0, size, root: this.#accumulator.root(), findings }
  }

  async #verifyEntries(size: number): Promise<void> {
    let coming = this.#readTile(0, size)
    for (let start = 0; start < size; start += TILE) {
      const tile = await coming
      this.#control.signal?.throwIfAborted()
      const end = Math.min(start + TILE, size)
      coming = this.#readTile(end, size)
      coming.catch(() => {}) // awaited by the next round, unless this one throws
      await this.#verifyTile(start, end, tile)
      this.#control.onProgress?.({ verified: end, size })
      if (end - (this.#missingFrom ?? end) >= MAX_HOLE) break
    }
    this.#endHole(size)
  }

  async #readTile(start: number, size: number): Promise<Tile> {
    const end = Math.min(start + TILE, size)
    if (start >= end) return { entries: new Map(), kept: [] }
    const [entries, kept] = await Promise.all([this.#readEntries(start, end), this.#readHashes(start, end)])
    return { entries, kept }
  }

  /** Where a part cannot be read, in ever smaller parts, down to the entries that are damaged. */
  async #readEntries(start: number, end: number): Promise<ReadonlyMap<number, AuditEntry | AuditError>> {
    const read = await this.#unlessCorrupt(() => this.#backend.read(start, end))
    if (!(read instanceof AuditError)) return new Map(read.map(entry => [entry.index, entry]))
    if (end - start === 1) return new Map([[start, read]])
    const middle = Math.floor((start + end) / 2)
    return new Map([...(await this.#readEntries(start, middle)), ...(await this.#readEntries(middle, end))])
  }

  async #readHashes(start: number, end: number): Promise<readonly (Uint8Array | undefined)[]> {
    const joined = await this.#unlessCorrupt(() => this.#backend.leafHashes(start, end))
    if (!(joined instanceof AuditError) && joined.length === (end - start) * HASH_BYTES) {
      return Array.from({ length: end - start }, (_, i) =>
        joined.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
      )
    }
    if (end - start === 1 || (!(joined instanceof AuditError) && joined.length === 0)) {
      return Array.from({ length: end - start }, () => undefined)
    }
    const middle = Math.floor((start + end) / 2)
    return [...(await this.#readHashes(start, middle)), ...(await this.#readHashes(middle, end))]
  }

  async #verifyTile(start: number, end: number, { entries, kept }: Tile): Promise<void> {
    const leaves: Uint8Array[] = []
    const before = this.#deviations
    for (let index = start; index < end; index++) {
      leaves.push(this.#verifyPlace(index, entries.get(index), kept[index - start]))
    }
    this.#noteRootAtCheckpoint(start, leaves)
    if (leaves.length < TILE) {
      for (const leaf of leaves) this.#accumulator.add(leaf)
      return
    }
    const root = rootOf(Buffer.concat(leaves))
    this.#accumulator.add(root, TILE)
    // Compared over what was kept: an entry that differs from that was found already.
    await this.#verifySubtree(1, start / TILE, this.#deviations === before ? root : rootOver(kept))
  }

  /** Returns the leaf hash of the entry at this place, computed anew. */
  #verifyPlace(
    index: number,
    entry: AuditEntry | AuditError | undefined,
    kept: Uint8Array | undefined,
  ): Uint8Array {
    if (entry === undefined) {
      this.#deviations++
      this.#missingFrom ??= index
      return NO_LEAF
    }
    this.#endHole(index)
    if (entry instanceof AuditError) {
      this.#deviations++
      this.#findings.add({
        kind: 'damaged',
        index,
        message: `entry ${index} cannot be read: ${entry.message}`,
      })
      return NO_LEAF
    }
    return this.#verifyEntry(entry, kept)
  }

  #verifyEntry(entry: AuditEntry, kept: Uint8Array | undefined): Uint8Array {
    const { index, entryId } = entry
    const actual = leafOf(entry)
    if (actual instanceof AuditError) {
      this.#deviations++
      this.#findings.add({ kind: 'damaged', index, entryId, message: actual.message })
      return NO_LEAF
    }
    if (!kept || !equalBytes(actual, kept)) this.#mismatch({ index, entryId, actual, kept: kept ?? NO_LEAF })
    if (timeOfEntryId(entryId) !== entry.timestamp) {
      const message = `entry ${index} was not written by this package as it stands: its id does not hold its timestamp`
      this.#findings.add({ kind: 'foreign-entry', index, entryId, message })
    }
    return actual
  }

  #mismatch(mismatch: Mismatch): void {
    this.#deviations++
    if (this.#mismatches.length < MAX_FINDINGS) this.#mismatches.push(mismatch)
    else this.#findings.countFurther()
  }

  /** An entry whose hash was kept for another place has moved; any other has changed. */
  #reportMismatches(): void {
    const keptElsewhere = new Set(this.#mismatches.map(({ kept }) => textOf(kept)))
    for (const { index, entryId, actual } of this.#mismatches) {
      if (keptElsewhere.has(textOf(actual))) {
        const message = `entry ${index} stands where another one was recorded`
        this.#findings.add({ kind: 'order-changed', index, entryId, message })
      } else {
        const message = `entry ${index} is not the one that was recorded: its leaf hash is not the one that was kept`
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

  /** @param root computed; `undefined` where something below is missing. */
  async #verifySubtree(level: number, place: number, root: Uint8Array | undefined): Promise<void> {
    const stored = await this.#subtree(level, place)
    if (root && stored && !equalBytes(stored, root)) {
      const [start, end] = [place * TILE ** level, (place + 1) * TILE ** level]
      const message = `the stored root over the entries ${start} to ${end - 1} is not that of their leaf hashes`
      this.#findings.add({ kind: 'subtree-forged', index: start, message })
    }
    const roots = this.#roots[level] ?? []
    this.#roots[level] = roots
    roots.push(root ?? stored)
    if (roots.length < TILE) return
    this.#roots[level] = []
    await this.#verifySubtree(level + 1, (place + 1) / TILE - 1, rootOver(roots))
  }

  /** Roots are stored after the entries below them, so one beyond the end tells of entries that are gone. */
  async #verifyEnd(size: number): Promise<void> {
    for (let level = 1; level < LEVELS; level++) {
      const width = TILE ** level
      const end = (Math.floor(size / width) + 1) * width
      const beyond = await this.#subtree(level, end / width - 1)
      if (!beyond) continue
      // Looked at again: the log may have grown while it was verified.
      if ((await this.#ask(() => this.#backend.size())) >= end) continue
      const message = `the log holds ${size} entries, but once held at least ${end}: a root over them is stored`
      this.#findings.add({ kind: 'rolled-back', index: size, message })
      return
    }
  }

  async #subtree(level: number, place: number): Promise<Uint8Array | undefined> {
    const { subtrees } = this.#backend
    if (!subtrees) return undefined
    const read = await this.#unlessCorrupt(() => subtrees.read(level, place, place + 1))
    if (read instanceof AuditError) return NO_LEAF
    return read.length === 0 ? undefined : read
  }

  async #compareWith(checkpoint: Checkpoint, size: number): Promise<void> {
    if (size < checkpoint.size) {
      const message = `the log holds ${size} of the ${checkpoint.size} entries that the checkpoint was signed over`
      this.#findings.add({ kind: 'tail-missing', index: size, message })
      return
    }
    if (equalBytes(this.#rootAtCheckpoint, checkpoint.root)) return
    const where = await this.#locate(checkpoint)
    const message = `the first ${checkpoint.size} entries are not those that the checkpoint was signed over: ${where}`
    this.#findings.add({ kind: 'checkpoint-inconsistent', message })
  }

  /** Stored hashes that lead to the signed root are true, and tell what is not. */
  async #locate(checkpoint: Checkpoint): Promise<string> {
    if (await this.#leadTo(checkpoint, new MemorySubtreeStore())) {
      return 'the leaf hashes that were kept still lead to it, so the entries that were found are all that changed'
    }
    const { subtrees } = this.#backend
    if (subtrees && (await this.#leadTo(checkpoint, readOnly(subtrees)))) {
      return 'the subtree roots that were kept still lead to it, so only entries below those that were found changed'
    }
    return 'nothing that is stored tells which of them changed'
  }

  async #leadTo({ size, root }: Checkpoint, subtrees: SubtreeStore): Promise<boolean> {
    const tree = new MerkleTree((start, end) => this.#backend.leafHashes(start, end), subtrees)
    const stored = await this.#unlessCorrupt(() => tree.root(size))
    return !(stored instanceof AuditError) && equalBytes(stored, root)
  }

  #noteRootAtCheckpoint(start: number, leaves: readonly Uint8Array[]): void {
    const count = (this.#checkpoint?.size ?? Number.NaN) - start
    if (!(count > 0 && count <= leaves.length)) return
    const accumulator = new MerkleAccumulator(this.#accumulator)
    for (const leaf of leaves.slice(0, count)) accumulator.add(leaf)
    this.#rootAtCheckpoint = accumulator.root()
  }

  /** The error itself where a part of the store is damaged: the verification goes on. */
  async #unlessCorrupt<T>(operation: () => Promise<T>): Promise<T | AuditError> {
    try {
      return await this.#ask(operation)
    } catch (error) {
      if (isAuditError(error, 'AUDIT_CORRUPT')) return error
      throw error
    }
  }

  async #ask<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation()
    } catch (error) {
      throw AuditError.wrap(error, 'AUDIT_READ_FAILED', 'the log could not be read')
    }
  }
}

/** The leaf hash of an entry, or the error where a store gave back what cannot be encoded. */
function leafOf(entry: AuditEntry): Uint8Array | AuditError {
  try {
    return leafHash(encodeLine(entry))
  } catch (error) {
    return AuditError.wrap(error, 'AUDIT_CORRUPT', `entry ${entry.index} cannot be encoded`)
  }
}

function rootOver(hashes: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  const known = hashes.filter(hash => hash !== undefined)
  return known.length === hashes.length ? rootOf(Buffer.concat(known)) : undefined
}

function textOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1')
}

function readOnly(subtrees: SubtreeStore): SubtreeStore {
  return { read: (level, start, end) => subtrees.read(level, start, end), write: async () => {} }
}

function isAuditError(error: unknown, code: AuditError['code']): error is AuditError {
  return error instanceof AuditError && error.code === code
}
