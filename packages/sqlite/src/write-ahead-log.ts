import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { AuditError } from '@audit/core'

// SQLite file format, section 4: a header of 32 bytes, then frames, each of a header of 24 bytes and a page.

/** Bytes of the header of a write-ahead log. */
export const WAL_HEADER_BYTES = 32
/** Bytes before each page in it. */
export const FRAME_HEADER_BYTES = 24
const USUAL_PAGE_BYTES = 4096
const MAGIC = 0x377f0682 // the lowest bit is the byte order of the checksums

/** Reads a page by its number, from 1; `undefined` if there is none. */
export type ReadPage = (page: number) => Buffer | undefined

/** What recovery would apply to the database: the last committed version of each page. */
export interface CommittedPages {
  readonly pageSize: number
  /** How many pages the database has after the last commit. */
  readonly pageCount: number
  readonly numbers: Iterable<number>
  readonly read: ReadPage
}

/**
 * Reads a write-ahead log as SQLite's recovery would: up to the last commit before the first frame whose salts or checksums
 * do not match. Returns `undefined` if it commits nothing.
 *
 * @throws AuditError `AUDIT_CORRUPT` if more commits follow that frame than a crash can leave, because they would be lost.
 */
export function withCommittedPages<T>(path: string, use: (pages: CommittedPages | undefined) => T): T {
  const file = openSync(path, 'r')
  try {
    return use(committedPages(file, path))
  } finally {
    closeSync(file)
  }
}

function committedPages(file: number, path: string): CommittedPages | undefined {
  const header = readAt(file, 0, WAL_HEADER_BYTES)
  if (!header) return undefined
  const isLittle = (header.readUInt32BE(0) & 1) === 0
  const storedSize = header.readUInt32BE(8)
  const isPageSize = storedSize >= 512 && storedSize <= 65_536 && (storedSize & (storedSize - 1)) === 0
  const pageSize = isPageSize ? storedSize : USUAL_PAGE_BYTES
  const frameBytes = FRAME_HEADER_BYTES + pageSize
  let sums = checksum([0, 0], header.subarray(0, 24), isLittle)
  const isHeader = isWalMagic(header) && isPageSize && fits(header, 24, sums)
  const salts = (isHeader ? header.subarray(16, 24) : readAt(file, WAL_HEADER_BYTES + 8, 8)) ?? header
  const places = new Map<number, number>()
  const uncommitted = new Map<number, number>()
  let pageCount = 0
  let at = WAL_HEADER_BYTES
  for (; isHeader; at += frameBytes) {
    const frame = readAt(file, at, frameBytes)
    if (!frame?.subarray(8, 16).equals(salts)) break // of an earlier round
    sums = checksum(sums, frame.subarray(0, 8), isLittle)
    sums = checksum(sums, frame.subarray(FRAME_HEADER_BYTES), isLittle)
    if (!fits(frame, 16, sums)) break
    uncommitted.set(frame.readUInt32BE(0), at + FRAME_HEADER_BYTES)
    if (frame.readUInt32BE(4) === 0) continue
    pageCount = frame.readUInt32BE(4)
    for (const [page, place] of uncommitted) places.set(page, place)
    uncommitted.clear()
  }
  assertNoCommitsBehind(file, { path, at, frameBytes, salts })
  if (pageCount === 0) return undefined
  const read = (page: number) => {
    const place = places.get(page)
    return place === undefined ? undefined : readAt(file, place, pageSize)
  }
  return { pageSize, pageCount, numbers: places.keys(), read }
}

interface Rest {
  readonly path: string
  readonly at: number
  readonly frameBytes: number
  readonly salts: Buffer
}

/** A crash leaves at most the last transaction torn, which was not acknowledged, and no other one after it. */
function assertNoCommitsBehind(file: number, { path, at, frameBytes, salts }: Rest): void {
  let commits = 0
  for (let place = at; commits < 2; place += frameBytes) {
    const header = readAt(file, place, FRAME_HEADER_BYTES)
    if (!header) return
    if (header.subarray(8, 16).equals(salts) && header.readUInt32BE(4) !== 0) commits++
  }
  throw new AuditError(
    'AUDIT_CORRUPT',
    `${path} is damaged in the middle, and SQLite would drop the entries after that; keep a copy of it and of the log's file`,
  )
}

/** Whether bytes begin like a write-ahead log. */
export function isWalMagic(header: Buffer): boolean {
  return header.readUInt32BE(0) >>> 1 === MAGIC >>> 1
}

/** Reads pages of a database file without its write-ahead log. */
export function databasePages(file: number, pageSize: number): ReadPage {
  const count = Math.floor(fstatSync(file).size / pageSize)
  return page => (page >= 1 && page <= count ? readAt(file, (page - 1) * pageSize, pageSize) : undefined)
}

/** This many bytes of a file; `undefined` if it ends earlier. */
export function readAt(file: number, position: number, length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length)
  return readSync(file, bytes, 0, length, position) === length ? bytes : undefined
}

type Sums = readonly [number, number]

function checksum([first, second]: Sums, bytes: Buffer, isLittle: boolean): Sums {
  let [a, b] = [first, second]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let i = 0; i < bytes.length; i += 8) {
    a = (a + view.getUint32(i, isLittle) + b) >>> 0
    b = (b + view.getUint32(i + 4, isLittle) + a) >>> 0
  }
  return [a, b]
}

function fits(bytes: Buffer, offset: number, [a, b]: Sums): boolean {
  return bytes.readUInt32BE(offset) === a && bytes.readUInt32BE(offset + 4) === b
}
