import {
  type AuditEntry,
  AuditError,
  matches,
  PAGE_BYTES,
  type Page,
  partialPage,
  type Selection,
} from '@audit/core/backend'
import type { Database } from './database.ts'
import type { MetadataIndexes } from './metadata-indexes.ts'
import { pageOf, type WeighedRow } from './sql/page-sql.ts'
import { readSql } from './sql/range-sql.ts'
import { countSql, findSql, planOf, type SelectionPlan } from './sql/selection-sql.ts'

/** How many rows to fetch at once if a metadata filter may reject some of them. */
const FETCHED = 512

/** Entries of a selection with metadata, and the weight of the rows among which they were found. */
interface Matching {
  readonly found: readonly AuditEntry[]
  readonly weight: number
}

/** Reads the entries of one log. */
export class LogReader {
  readonly #database: Database
  readonly #log: string
  readonly #indexes: MetadataIndexes | undefined

  constructor(database: Database, log: string, indexes?: MetadataIndexes) {
    this.#database = database
    this.#log = log
    this.#indexes = indexes
  }

  async read(start: number, end: number): Promise<Page> {
    return pageOf(await this.#database.rows<WeighedRow>(readSql(this.#log, start, end)))
  }

  async find(selection: Selection): Promise<Page> {
    const plan = await this.planOf(selection)
    if (plan.isExact) return pageOf(await this.#database.rows<WeighedRow>(findSql(this.#log, plan)))
    const { limit = Number.POSITIVE_INFINITY } = selection
    const entries: AuditEntry[] = []
    let weight = 0
    try {
      for await (const matching of this.#matching(plan)) {
        entries.push(...matching.found.slice(0, limit - entries.length))
        if (entries.length >= limit) return entries
        if (matching.found.length > 0) weight += matching.weight
        if (weight >= PAGE_BYTES) return partialPage(entries)
      }
    } catch (error) {
      const isDamaged = error instanceof AuditError && error.code === 'AUDIT_CORRUPT'
      if (isDamaged && entries.length > 0) return partialPage(entries) // like `pageOf`
      throw error
    }
    return entries
  }

  async count(selection: Selection): Promise<number> {
    const plan = await this.planOf(selection)
    if (plan.isExact) {
      const [row] = await this.#database.rows<{ count: string }>(countSql(this.#log, plan))
      return Number(row?.count)
    }
    let count = 0
    for await (const { found } of this.#matching(plan)) count += found.length
    return count
  }

  /** How a selection is found, with the indexes that are there. */
  async planOf(selection: Selection): Promise<SelectionPlan> {
    const isByMetadata = selection.metadata !== undefined
    return planOf(selection, isByMetadata && this.#indexes ? await this.#indexes.usable() : new Set())
  }

  /**
   * The entries of a selection with metadata, page by page: the database narrows the rows down, and core's rule decides. A
   * damaged entry ends the pages, after those before it were returned.
   */
  async *#matching(plan: SelectionPlan): AsyncGenerator<Matching, void, undefined> {
    const { selection } = plan
    let after = selection.after
    for (;;) {
      const rows = await this.#database.rows<WeighedRow>(
        findSql(this.#log, { ...plan, selection: { ...selection, limit: FETCHED, ...(after && { after }) } }),
      )
      const page = pageOf(rows)
      const found = page.filter(entry => matches(selection, entry))
      yield { found, weight: Number(rows.at(-1)?.weight ?? 0) }
      if (!page.isPartial && page.length < FETCHED) return
      after = page.at(-1)
    }
  }
}
