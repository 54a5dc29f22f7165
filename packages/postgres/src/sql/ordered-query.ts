import { textArray } from '../binary-array.ts'
import type { Statement } from './statement.ts'

/** Binds a value, and returns its SQL expression. All values are texts, and are cast where they are used. */
export type Bind = (value: string | number | null) => string

/**
 * A statement for `audit.read`, whose rows come in the order of one index.
 *
 * @param columns the columns of the result, with types: `index bigint, leaf_hash bytea`.
 * @param query returns the text of the query.
 */
export function orderedQuery(columns: string, query: (bind: Bind) => string): Statement {
  const bound: (string | null)[] = []
  const text = query(value => `($1)[${bound.push(value === null ? null : `${value}`)}]`)
  return { text: `SELECT * FROM audit.read($1, $2) AS found(${columns})`, values: [text, textArray(bound)] }
}
