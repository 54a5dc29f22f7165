import { type AuditEntry, matches, type Selection } from '@audit/core'
import type pg from 'pg'
import { isOutcomeKnown, isRolledBack, isTimeout } from './failure.ts'
import { lastIndexSql } from './last-index.ts'
import { orderedQuery } from './ordered-query.ts'
import { entryOf, ROW_COLUMNS, ROW_TYPES, type Row } from './row.ts'
import { countSql, findSql } from './selection-sql.ts'
import { rowsOf, type Statement } from './statement.ts'

/** Rows that are fetched at once where a metadata filter may refuse some of them. */
const PAGE = 512
/** How often a statement is sent that only reads, where the connection breaks or a replica cancels it. */
const TRIES = 3

/** Reads one log. */
export class LogReader {
  readonly #pool: pg.Pool
  readonly #log: string

  constructor(pool: pg.Pool, log: string) {
    this.#pool = pool
    this.#log = log
  }

  async size(): Promise<number> {
    const statement = orderedQuery('index bigint', bind => lastIndexSql(bind(this.#log)))
    const [last] = await this.#rows<{ index: string }>(statement)
    return last ? Number(last.index) + 1 : 0
  }

  async read(start: number, end: number): Promise<AuditEntry[]> {
    const statement = this.#places(ROW_TYPES, ROW_COLUMNS, start, end)
    return (await this.#rows<Row>(statement)).map(entryOf)
  }

  async find(selection: Selection): Promise<AuditEntry[]> {
    if (!selection.metadata) return (await this.#rows<Row>(findSql(this.#log, selection))).map(entryOf)
    const found: AuditEntry[] = []
    for await (const page of this.#matching(selection)) for (const entry of page) found.push(entry)
    return found.slice(0, selection.limit)
  }

  async count(selection: Selection): Promise<number> {
    if (!selection.metadata) {
      const [row] = await this.#rows<{ count: string }>(countSql(this.#log, selection))
      return Number(row?.count)
    }
    let count = 0
    for await (const page of this.#matching(selection)) count += page.length
    return count
  }

  /** Leaf hashes by place, 32 bytes each, joined. */
  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    const { text, values } = this.#places('index bigint, hash bytea', 'index, leaf_hash', start, end)
    const joined = `SELECT encode(string_agg(hash, ''::bytea ORDER BY index), 'hex') AS joined FROM (${text}) AS hashes`
    const [row] = await this.#rows<{ joined: string | null }>({ text: joined, values })
    return Buffer.from(row?.joined ?? '', 'hex')
  }

  /** Subtree roots of a level by place, 32 bytes each, joined, up to the first that is not stored. */
  async roots(level: number, start: number, end: number): Promise<Uint8Array> {
    const text = `SELECT place, encode(root, 'hex') AS root FROM audit.subtrees
      WHERE log = $1 AND level = $2 AND place >= $3 AND place < $4 ORDER BY place`
    const values = [this.#log, level, start, end]
    const rows = await this.#rows<{ place: string; root: string }>({ text, values })
    const gap = rows.findIndex(({ place }, i) => Number(place) !== start + i)
    const stored = gap < 0 ? rows : rows.slice(0, gap)
    return Buffer.from(stored.map(({ root }) => root).join(''), 'hex')
  }

  /** The rows from one place to before another, in the order of the primary key. */
  #places(types: string, columns: string, start: number, end: number): Statement {
    return orderedQuery(types, bind => {
      const log = bind(this.#log)
      return `SELECT ${columns} FROM audit.entries WHERE (log, index) >= (${log}, ${bind(start)}::bigint)
        AND (log, index) < (${log}, ${bind(end)}::bigint) ORDER BY log, index`
    })
  }

  /** The entries of a selection with metadata, page by page: the database narrows down, and core's rule decides. */
  async *#matching(selection: Selection): AsyncGenerator<readonly AuditEntry[], void, undefined> {
    let remaining = selection.limit ?? Number.POSITIVE_INFINITY
    let after = selection.after
    while (remaining > 0) {
      const rows = await this.#rows<Row>(
        findSql(this.#log, { ...selection, limit: PAGE, ...(after && { after }) }),
      )
      const page = rows.map(entryOf)
      const found = page.filter(entry => matches(selection, entry))
      yield found
      remaining -= found.length
      if (page.length < PAGE) return
      after = page.at(-1)
    }
  }

  async #rows<R extends { readonly [Column in keyof R]: string | null }>(statement: Statement): Promise<R[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await rowsOf<R>(this.#pool, statement)
      } catch (error) {
        const isBroken = !isOutcomeKnown(error) && !isTimeout(error) // who has waited in vain need not wait again
        const mayPass = isRolledBack(error) || isBroken
        if (!mayPass || tries === TRIES) throw error
      }
    }
  }
}
