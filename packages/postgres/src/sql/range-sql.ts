import { lastIndexSql } from './last-index-sql.ts'
import { type Bind, orderedQuery } from './ordered-query.ts'
import { PAGE_TYPES, pageSql } from './page-sql.ts'
import type { Statement } from './statement.ts'

/** A page of the rows from index `start`, inclusive, to `end`, exclusive, in the order of the primary key. */
export function readSql(log: string, start: number, end: number): Statement {
  return orderedQuery(PAGE_TYPES, bind => pageSql(between(log, start, end, bind), 'log, index', 'NULL'))
}

/** A query for a part of the tree, in rows of two columns: a place, and a text. */
export type TreeQuery = (bind: Bind) => string

/** One statement for several such queries. Its rows say of which query they are. */
export function treeSql(queries: readonly TreeQuery[]): Statement {
  return orderedQuery('query integer, place bigint, text text', bind =>
    queries
      .map((query, i) => `SELECT ${i}, place, text FROM (${query(bind)}) AS part(place, text)`)
      .join('\nUNION ALL\n'),
  )
}

/** The last index of a log; no row if the log is empty. */
export function lastIndexQuery(log: string): TreeQuery {
  return bind => `SELECT index, NULL FROM (${lastIndexSql(bind(log))}) AS last`
}

/** The leaf hashes from index `start`, inclusive, to `end`, exclusive, joined, as hexadecimal digits; NULL if there is none. */
export function leafHashesQuery(log: string, start: number, end: number): TreeQuery {
  return bind => `SELECT ${bind(start)}::bigint, encode(string_agg(leaf_hash, ''::bytea), 'hex') FROM (
      SELECT leaf_hash FROM audit.entries WHERE ${between(log, start, end, bind)} ORDER BY log, index) AS hashes`
}

/** Subtree roots of a level from position `start`, inclusive, to `end`, exclusive. */
export function rootsQuery(log: string, level: number, start: number, end: number): TreeQuery {
  return bind => {
    const bound = (place: number) => `(${bind(log)}, ${bind(level)}::integer, ${bind(place)}::bigint)`
    return `SELECT place, encode(root, 'hex') FROM audit.subtrees
      WHERE (log, level, place) >= ${bound(start)} AND (log, level, place) < ${bound(end)} ORDER BY log, level, place`
  }
}

function between(log: string, start: number, end: number, bind: Bind): string {
  const name = bind(log)
  return `(log, index) >= (${name}, ${bind(start)}::bigint) AND (log, index) < (${name}, ${bind(end)}::bigint)`
}
