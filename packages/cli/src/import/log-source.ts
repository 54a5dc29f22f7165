import { basename } from 'node:path'
import { AuditError, type Finding } from '@audit/core'
import type { Context } from '../context.ts'
import type { OpenLog } from '../log/open-log.ts'
import { findingsIn } from '../verify/source-findings.ts'
import type { Source, SourceItem } from './source.ts'
import { canonicalFields } from './source-line.ts'

/** Another log of this package, in SQLite or PostgreSQL. */
export class LogSource implements Source {
  readonly name: string
  readonly format = 'log'
  readonly total: number
  readonly findings: readonly Finding[]
  readonly #context: Context
  readonly #opened: OpenLog

  private constructor(context: Context, opened: OpenLog, total: number, findings: readonly Finding[]) {
    const { location } = opened
    this.name = location.kind === 'file' ? basename(location.path) : opened.name
    this.total = total
    this.findings = findings
    this.#context = context
    this.#opened = opened
  }

  /** Takes an open log over, verifies it, and closes it when it is disposed of. */
  static async of(context: Context, opened: OpenLog): Promise<LogSource> {
    try {
      return new LogSource(context, opened, await opened.log.count(), await findingsIn(context, opened))
    } catch (error) {
      await opened[Symbol.asyncDispose]()
      throw error
    }
  }

  async *items(): AsyncGenerator<SourceItem, void, undefined> {
    for await (const { index, ...fields } of this.#opened.log.entries({
      end: this.total,
      signal: this.#context.signal,
    })) {
      const where = `entry ${index}`
      const original = { entry_id: fields.entryId, timestamp: fields.timestamp }
      try {
        yield { where, entry: { fields: canonicalFields(fields), original, hasLostNumber: false } }
      } catch (error) {
        if (!(error instanceof AuditError) || error.code !== 'AUDIT_INVALID_ENTRY') throw error
        yield { where, reason: error.message }
      }
    }
  }

  async sha256(): Promise<undefined> {
    return undefined // the root says what it held
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened[Symbol.asyncDispose]() as Promise<void> // its own type is wider
  }
}
