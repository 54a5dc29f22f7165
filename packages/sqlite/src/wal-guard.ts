import { closeSync, openSync } from 'node:fs'
import { AuditError, type AuditErrorCode } from '@audit/core'
import type { Database } from './driver.ts'
import { lookAt, missing } from './log-file.ts'
import { FRAME_HEADER_BYTES, isWalMagic, readAt, WAL_HEADER_BYTES } from './write-ahead-log.ts'

/**
 * Notices if somebody cuts or overwrites the `-wal` of an open log in place. SQLite trusts its shared memory and would
 * continue after the hole; after a crash, everything since the last checkpoint would be lost.
 */
export class WalGuard {
  readonly #database: Database
  readonly #wal: string
  readonly #frameBytes: number
  /** Its length at the last check. */
  #size = 0

  /** @param path the real path of the log. */
  constructor(database: Database, path: string) {
    this.#database = database
    this.#wal = `${path}-wal`
    this.#frameBytes = FRAME_HEADER_BYTES + Number(database.pragma('page_size', { simple: true }))
  }

  /** Throws an AuditError with `code` if the `-wal` is shorter than what was committed. Call it outside a transaction. */
  check(code: AuditErrorCode): void {
    const size = this.#sizeNow()
    if (size >= WAL_HEADER_BYTES && !hasHeader(this.#wal)) throw damaged(this.#wal, code)
    if (size < this.#size) this.#checkShorter(code)
    this.#size = this.#sizeNow()
  }

  /** A checkpoint of another program may have emptied it; then nothing in it is needed any more. */
  #checkShorter(code: AuditErrorCode): void {
    const [result] = this.#database.pragma('wal_checkpoint(PASSIVE)') as { readonly log: number }[] // its columns
    const needed = result && result.log > 0 ? WAL_HEADER_BYTES + result.log * this.#frameBytes : 0
    if (this.#sizeNow() < needed) throw damaged(this.#wal, code)
  }

  #sizeNow(): number {
    return Number(lookAt(this.#wal)?.size ?? 0n)
  }
}

/** SQLite locks the file and its `-shm`, and never the `-wal`, so closing it drops no lock. */
function hasHeader(wal: string): boolean {
  const file = openSync(wal, 'r')
  try {
    const magic = readAt(file, 0, 4)
    return magic !== undefined && isWalMagic(magic)
  } finally {
    closeSync(file)
  }
}

function damaged(wal: string, code: AuditErrorCode): AuditError {
  if (!lookAt(wal)) return missing(code, wal.slice(0, -'-wal'.length))
  return new AuditError(
    code,
    `${wal} was cut or overwritten while the log was open, and entries in it may be lost; keep a copy of all files, then close the log and verify it`,
  )
}
