import type { Database } from './database.ts'
import { lastIndexQuery, leafHashesQuery, rootsQuery, type TreeQuery, treeSql } from './sql/range-sql.ts'

interface Row {
  readonly place: string
  readonly text: string | null
}

interface Waiting {
  readonly query: TreeQuery
  readonly resolve: (rows: readonly Row[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Reads what the tree of one log is made of. All that is asked for at the same moment is one statement on one connection: a
 * proof needs parts of several levels, and each round trip, or each new connection, takes longer than reading them.
 */
export class TreeReader {
  readonly #database: Database
  readonly #log: string
  #waiting: Waiting[] = []

  constructor(database: Database, log: string) {
    this.#database = database
    this.#log = log
  }

  async size(): Promise<number> {
    const [last] = await this.#ask(lastIndexQuery(this.#log))
    return last ? Number(last.place) + 1 : 0
  }

  /** Leaf hashes by index, 32 bytes each, joined. */
  async leafHashes(start: number, end: number): Promise<Uint8Array> {
    const [row] = await this.#ask(leafHashesQuery(this.#log, start, end))
    return Buffer.from(row?.text ?? '', 'hex')
  }

  /** Subtree roots of a level by position, 32 bytes each, joined, up to the first that is not stored. */
  async roots(level: number, start: number, end: number): Promise<Uint8Array> {
    const rows = await this.#ask(rootsQuery(this.#log, level, start, end))
    const gap = rows.findIndex(({ place }, i) => Number(place) !== start + i)
    const stored = gap < 0 ? rows : rows.slice(0, gap)
    return Buffer.from(stored.map(({ text }) => text).join(''), 'hex')
  }

  #ask(query: TreeQuery): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, resolve, reject })
      // After everything else that can run now, and so may ask too.
      if (this.#waiting.length === 1) process.nextTick(() => this.#send())
    })
  }

  async #send(): Promise<void> {
    const waiting = this.#waiting.splice(0)
    try {
      const statement = treeSql(waiting.map(({ query }) => query))
      const rows = await this.#database.rows<{ query: string; place: string; text: string | null }>(statement)
      waiting.forEach(({ resolve }, i) => {
        resolve(rows.filter(({ query }) => Number(query) === i))
      })
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }
}
