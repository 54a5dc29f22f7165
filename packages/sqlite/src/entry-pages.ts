import type { ReadPage } from './write-ahead-log.ts'

// Finds entries in the pages of a file that SQLite must not open yet, because it would run recovery (SQLite file format,
// section 1.6). `audit_log` is the first table of the file, so its b-tree begins on page 2.

const ROOT = 2
const INTERIOR = 0x05
const LEAF = 0x0d
const MAX_DEPTH = 20
/**
 * The column types in the record header of an entry: `"index"`, which is stored elsewhere; an id of 36 bytes; a time of 24;
 * four others; a hash of 32; and four more.
 */
const ENTRY_TYPES: readonly (number | undefined)[] = [
  0,
  13 + 2 * 36,
  13 + 2 * 24,
  ...Array(4),
  12 + 2 * 32,
  ...Array(4),
]

/** An entry's row, as far as it is on the b-tree page itself. */
export interface StoredEntry {
  readonly index: number
  readonly bytes: Buffer
}

/** Pages do not form a b-tree: the file is damaged, or a checkpoint was interrupted. */
export class BrokenTree extends Error {}

/** The entry with the highest index; `undefined` if there is none. */
export function newestEntry(read: ReadPage): StoredEntry | undefined {
  const leaf = descend(read, page => page.readUInt32BE(8))
  return entriesOn(leaf).at(-1)
}

/** The entry with this index. */
export function entryAt(read: ReadPage, index: number): StoredEntry | undefined {
  const leaf = descend(read, page => {
    for (const cell of cellsOf(page, 12)) {
      if (varint(page, cell + 4)[0] >= index) return page.readUInt32BE(cell)
    }
    return page.readUInt32BE(8)
  })
  return entriesOn(leaf).find(entry => entry.index === index)
}

function descend(read: ReadPage, childOf: (page: Buffer) => number): Buffer {
  let page = read(ROOT)
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (page?.[0] === LEAF) return page
    if (page?.[0] !== INTERIOR) break
    page = read(childOf(page))
  }
  throw new BrokenTree('the table of entries cannot be followed to its end')
}

/** The entries on a page of any kind, in their order. */
export function entriesOn(page: Buffer): StoredEntry[] {
  if (page[0] !== LEAF) return []
  return cellsOf(page, 8).flatMap(cell => {
    const [length, rowid] = varint(page, cell)
    const [index, start] = varint(page, rowid)
    const bytes = page.subarray(start, start + localLength(length, page.length))
    return isEntry(bytes) ? [{ index, bytes }] : []
  })
}

function cellsOf(page: Buffer, headerLength: number): number[] {
  const count = page.readUInt16BE(3)
  if (headerLength + 2 * count > page.length) throw new BrokenTree('a page has more cells than room')
  return Array.from({ length: count }, (_, i) => page.readUInt16BE(headerLength + 2 * i))
}

/** How much of a row is on its page; the rest is on others. The file has no reserved bytes. */
function localLength(length: number, pageSize: number): number {
  if (length <= pageSize - 35) return length
  const least = Math.floor(((pageSize - 12) * 32) / 255) - 23
  const fitting = least + ((length - least) % (pageSize - 4))
  return fitting <= pageSize - 35 ? fitting : least
}

function isEntry(row: Buffer): boolean {
  const [headerLength, start] = varint(row, 0)
  let at = start
  for (const expected of ENTRY_TYPES) {
    const [type, next] = varint(row, at)
    if (type !== (expected ?? type)) return false
    at = next
  }
  return at === headerLength
}

/** A number of 1 to 9 bytes, and where it ends. An index fits into a JavaScript number. */
function varint(bytes: Buffer, start: number): [value: number, end: number] {
  let value = 0
  for (let i = start; i < start + 8; i++) {
    const byte = bytes[i] ?? 0
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return [value, i + 1]
  }
  return [value * 256 + (bytes[start + 8] ?? 0), start + 9]
}
