import type { Finding } from '@audit/core'
import type pg from 'pg'
import { CATALOG_SQL, type CatalogEntry, EXPECTED, isHarmless } from './catalog.ts'
import { inReadOnlyTransaction } from './read-only.ts'
import { PLAIN_STRINGS, SAFE_PATH, settingSql } from './sql/sql-function.ts'
import { rowsOf } from './sql/statement.ts'

/** How many faults of one kind are reported. */
const MAX_FAULTS = 100

/** What reading by index cannot see: missing or changed triggers, other changes to the schema, and rows before index 0. */
export function inspect(pool: pg.Pool, log: string): Promise<Finding[]> {
  return inReadOnlyTransaction(pool, async client => {
    for (const setting of [SAFE_PATH, PLAIN_STRINGS]) await client.query(settingSql(`LOCAL ${setting}`))
    const found = await rowsOf<{ object: string; definition: string }>(client, {
      text: CATALOG_SQL,
      values: [],
    })
    return [...faultsOf(found).slice(0, MAX_FAULTS).map(damaged), ...(await rowsBeforeTheFirst(client, log))]
  })
}

function faultsOf(found: readonly CatalogEntry[]): readonly string[] {
  const expected = new Map(EXPECTED.map(({ object, definition }) => [object, definition]))
  const isAsExpected = ({ object, definition }: CatalogEntry) => expected.get(object) === definition
  const good = new Set(found.filter(isAsExpected).map(({ object }) => object))
  return [
    ...EXPECTED.filter(({ object }) => !good.has(object)).map(
      ({ object }) => `the ${object} is missing or changed`,
    ),
    ...found
      .filter(entry => !expected.has(entry.object) && !isHarmless(entry))
      .map(({ object }) => `the ${object} was added or changed`),
  ]
}

async function rowsBeforeTheFirst(client: pg.PoolClient, log: string): Promise<Finding[]> {
  const rows = await rowsOf<{ index: string }>(client, {
    text: `SELECT index FROM audit.entries WHERE log = $1 AND index < 0 ORDER BY index LIMIT ${MAX_FAULTS}`,
    values: [log],
  })
  return rows.map(row => {
    const index = Number(row.index)
    return {
      kind: 'entry-inserted',
      index,
      message: `a row has the index ${index}, which is before the first`,
    }
  })
}

function damaged(message: string): Finding {
  return { kind: 'damaged', message: message.slice(0, 300) }
}
