import type { AuditEntry, AuditLog } from '@audit/core'
import { encodeLine, leafHash } from '@audit/core/backend'
import type { EntryDetail, TreePlace } from './contract.ts'
import type { ViewSource } from './source.ts'

/** Leaves of a tile (C2SP tlog-tiles). */
const TILE = 256

/** The entry with an id, or at an index; `undefined` if there is none. */
export async function findEntry(log: AuditLog, given: string): Promise<AuditEntry | undefined> {
  if (!/^\d{1,15}$/.test(given)) return log.get(given)
  for await (const entry of log.entries({ start: Number(given), end: Number(given) + 1 })) return entry
  return undefined
}

/** All that there is to show of an entry. */
export async function detailOf({ log, backend }: ViewSource, entry: AuditEntry): Promise<EntryDetail> {
  const { index } = entry
  const [size, stored] = await Promise.all([log.count(), backend.leafHashes(index, index + 1)])
  const line = encodeLine(entry)
  const hash = leafHash(line)
  return {
    entry,
    line,
    leafHash: Buffer.from(hash).toString('hex'),
    isAsStored: Buffer.from(stored).equals(hash),
    place: placeOf(index, size),
  }
}

function placeOf(index: number, size: number): TreePlace {
  return {
    index,
    size,
    tile: Math.floor(index / TILE),
    offset: index % TILE,
    pathLength: pathLengthOf(index, size),
  }
}

/** How many hashes an inclusion proof has (RFC 9162, section 2.1.3.1). */
function pathLengthOf(index: number, size: number): number {
  if (size <= 1) return 0
  let left = 1
  while (left * 2 < size) left *= 2
  return 1 + (index < left ? pathLengthOf(index, left) : pathLengthOf(index - left, size - left))
}
