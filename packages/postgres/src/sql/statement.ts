import type pg from 'pg'

/** A statement and the values for its `$1`, `$2`, … */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
  /** How long to wait for its answer, in milliseconds. Default: the pool's setting. */
  readonly timeoutMs?: number
}

/** Returns every value as PostgreSQL spells it, because an application may have changed how `pg` parses types globally. */
const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig // its overloads name each type

/** Runs a statement on a connection and returns its rows, each value a text or `null`. */
export async function rowsOf<R extends { readonly [Column in keyof R]: string | null }>(
  client: Pick<pg.ClientBase, 'query'>,
  { text, values, timeoutMs }: Statement,
): Promise<R[]> {
  const config = { text, values: [...values], types: AS_TEXT, ...(timeoutMs && { query_timeout: timeoutMs }) }
  return (await client.query<R>(config)).rows
}
