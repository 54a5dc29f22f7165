import { AuditError, type EntryFields } from '@audit/core'
import {
  type AuditBackend,
  canonicalEntryId,
  canonicalTimestamp,
  createLeaf,
  hashAt,
  type Leaf,
  MerkleAccumulator,
} from '@audit/core/backend'
import { CommandError } from '../command-error.ts'
import { ahead, batchesOf } from '../log/batches.ts'
import type { LogLock } from '../log/log-lock.ts'
import type { OpenLog } from '../log/open-log.ts'
import type { WritableLog } from '../log/writable-log.ts'

const TILE = 256

/** How to watch and stop a copy. */
export interface CopyControl {
  readonly signal: AbortSignal
  /** Keeps other copies out of the target. */
  readonly lock: LogLock
  readonly onCopied: (copied: number, size: number) => void
}

/** What was copied. */
export interface Copied {
  readonly entries: number
  /** Computed from the entries of the source, 32 bytes. */
  readonly root: Uint8Array
}

/**
 * Copies the entries that a log has now, each with the index, the id and the time that it has. Goes on behind those that the
 * target has from an earlier run.
 *
 * @throws CommandError if the target holds other entries, or cannot hold one; AuditError `AUDIT_CORRUPT` if an entry of the
 *   source does not match its stored hash.
 */
export async function copyEntries(
  source: OpenLog,
  target: WritableLog,
  control: CopyControl,
): Promise<Copied> {
  const size = await source.backend.size()
  const there = await target.backend.size()
  const accumulator = new MerkleAccumulator()
  if (there > size) throw otherEntries(target)
  for await (const batch of ahead(storedBatches(source, size, control.signal))) {
    control.signal.throwIfAborted()
    const start = accumulator.size
    const known = Math.min(Math.max(there - start, 0), batch.length)
    if (!(await isStored(target.backend, start, batch.slice(0, known)))) throw otherEntries(target)
    const fresh = batch.slice(known)
    for (const { entry } of fresh) assertFits(entry, target)
    if (fresh.length > 0) await append(target, fresh, start + known, control)
    for (const { hash } of batch) accumulator.add(hash)
    control.onCopied(accumulator.size, size)
  }
  // The roots of complete subtrees are stored by whoever asks for them first, where a store keeps them.
  if (size >= TILE && target.backend.subtrees) await target.log.tile(0, Math.floor(size / TILE) - 1)
  return { entries: size, root: accumulator.root() }
}

async function append(
  target: WritableLog,
  leaves: readonly Leaf[],
  expected: number,
  { lock }: CopyControl,
): Promise<void> {
  lock.assertHeld()
  if ((await target.backend.size()) !== expected) throw otherEntries(target)
  if ((await target.backend.append(leaves)) !== expected) throw otherEntries(target) // recorded since
}

async function* leavesOf(
  { log }: OpenLog,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<Leaf, void, undefined> {
  for await (const { index: _, ...fields } of log.entries({ end, signal }))
    yield createLeaf(Object.freeze(fields))
}

/** The entries of a log in batches, each compared with the stored hashes. Throws AuditError `AUDIT_CORRUPT`. */
async function* storedBatches(
  source: OpenLog,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Leaf[], void, undefined> {
  let start = 0
  for await (const batch of batchesOf(leavesOf(source, end, signal))) {
    // A JSONL file stores no hashes: it would compute them from its lines once more.
    if (source.kind !== 'jsonl') await assertStored(source.backend, start, batch)
    start += batch.length
    yield batch
  }
}

async function assertStored(backend: AuditBackend, start: number, batch: readonly Leaf[]): Promise<void> {
  if (await isStored(backend, start, batch)) return
  throw new AuditError(
    'AUDIT_CORRUPT',
    `an entry from ${start} to ${start + batch.length - 1} does not match its stored hash, so nothing is copied; run audit verify to see which`,
  )
}

/** Whether a log has exactly these entries from an index on. */
async function isStored(backend: AuditBackend, start: number, batch: readonly Leaf[]): Promise<boolean> {
  if (batch.length === 0) return true
  const stored = await backend.leafHashes(start, start + batch.length)
  return (
    stored.length === 32 * batch.length &&
    batch.every(({ hash }, i) => Buffer.from(hash).equals(hashAt(stored, i)))
  )
}

/** Databases hold ids and times in canonical spelling alone. */
function assertFits({ entryId, timestamp }: EntryFields, { kind }: WritableLog): void {
  if (
    kind === 'jsonl' ||
    (canonicalEntryId(entryId) === entryId && canonicalTimestamp(timestamp) === timestamp)
  )
    return
  throw new CommandError(
    `the entry ${entryId} has an id or a time in the spelling of another program, which only a JSONL file can keep; use audit import, which changes the spelling`,
  )
}

function otherEntries({ name }: WritableLog): CommandError {
  return new CommandError(`${name} holds entries that are not those of the log; give another log`)
}
