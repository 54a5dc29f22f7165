import { lastIndexSql } from './last-index-sql.ts'
import { type Bind, orderedQuery } from './ordered-query.ts'
import { PAGE_TYPES, pageSql } from './page-sql.ts'
import type { Statement } from './statement.ts'

/** The last index of a log; no row if the log is empty. */
export function lastIndexQuery(log: string): Statement {
  return orderedQuery('index bigint', bind => lastIndexSql(bind(log)))
}

/** A page of the rows from index `start`, inclusive, to `end`, exclusive, in the order of the primary key. */
export function readSql(log: string, start: number, end: number): Statement {
  return orderedQuery(PAGE_TYPES, bind => pageSql(between(log, start, end, bind), 'log, index', 'NULL'))
}

/** The leaf hashes from index `start`, inclusive, to `end`, exclusive, joined, as hexadecimal digits; NULL if there is none. */
export function leafHashesSql(log: string, start: number, end: number): Statement {
  return orderedQuery(
    'joined text',
    bind => `SELECT encode(string_agg(leaf_hash, ''::bytea), 'hex') FROM (
      SELECT leaf_hash FROM audit.entries WHERE ${between(log, start, end, bind)} ORDER BY log, index) AS hashes`,
  )
}

/** Subtree roots of a level from position `start`, inclusive, to `end`, exclusive. */
export function rootsSql(log: string, level: number, start: number, end: number): Statement {
  return orderedQuery('place bigint, root text', bind => {
    const bound = (place: number) => `(${bind(log)}, ${bind(level)}::integer, ${bind(place)}::bigint)`
    return `SELECT place, encode(root, 'hex') FROM audit.subtrees
      WHERE (log, level, place) >= ${bound(start)} AND (log, level, place) < ${bound(end)} ORDER BY log, level, place`
  })
}

function between(log: string, start: number, end: number, bind: Bind): string {
  const name = bind(log)
  return `(log, index) >= (${name}, ${bind(start)}::bigint) AND (log, index) < (${name}, ${bind(end)}::bigint)`
}
