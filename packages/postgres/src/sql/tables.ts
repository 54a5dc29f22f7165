import { SIGNATURE, type SqlFunction, signatureOf } from './sql-function.ts'

/** How many characters of a user or a model are in an index: PostgreSQL accepts no key longer than 2,704 bytes. */
export const INDEXED_CHARACTERS = 200

/** A column as the catalog describes it: its type as `format_type` spells it, and everything that is not the default. */
export interface Column {
  readonly name: string
  readonly type: string
  /** Compares texts by their bytes, whatever the database's collation is. */
  readonly collation?: 'C'
  readonly isNullable?: true
  readonly default?: string
}

const text = (name: string): Column => ({ name, type: 'text', collation: 'C' })
const amount = (name: string): Column => ({ name, type: 'double precision', isNullable: true })

/** The tables and their columns. Long columns come last. */
export const TABLES: Readonly<Record<string, readonly Column[]>> = {
  format: [{ name: 'version', type: 'integer' }],
  logs: [text('log'), { name: 'key', type: 'uuid', default: 'gen_random_uuid()' }],
  entries: [
    text('log'),
    { name: 'index', type: 'bigint' },
    text('entry_id'),
    { name: 'timestamp', type: 'timestamp(3) with time zone' },
    text('user'),
    text('model'),
    amount('cost_usd'),
    amount('latency_ms'),
    { name: 'leaf_hash', type: 'bytea' },
    text('metadata'),
    text('input_text'),
    text('output_text'),
  ],
  subtrees: [
    text('log'),
    { name: 'level', type: 'integer' },
    { name: 'place', type: 'bigint' },
    { name: 'root', type: 'bytea' },
  ],
}

/** The constraints, as `pg_get_constraintdef` spells them. `CREATE_TABLES` creates each of them. */
export const CONSTRAINTS: Readonly<Record<string, readonly string[]>> = {
  format: ['PRIMARY KEY (version)'],
  logs: ['PRIMARY KEY (log)'],
  entries: [
    'PRIMARY KEY (log, index)',
    'UNIQUE (log, entry_id)',
    'CHECK ((index >= 0))',
    'CHECK ((octet_length(leaf_hash) = 32))',
  ],
  subtrees: [
    'PRIMARY KEY (log, level, place)',
    'CHECK ((level > 0))',
    'CHECK ((place >= 0))',
    'CHECK ((octet_length(root) = 32))',
  ],
}

const USER = `"left"("user", ${INDEXED_CHARACTERS})`
const MODEL = `"left"(model, ${INDEXED_CHARACTERS})`

/** The indexes that no constraint creates, by name, with their columns as `pg_get_indexdef` spells them. */
export const INDEXES: Readonly<Record<string, string>> = {
  entries_by_time: 'log, "timestamp", index',
  entries_by_user: `log, ${USER}, "timestamp", index`,
  entries_by_model: `log, ${MODEL}, "timestamp", index`,
  entries_by_user_and_model: `log, ${USER}, ${MODEL}, "timestamp", index`,
}

const columnSql = ({ name, type, collation, isNullable, default: value }: Column): string =>
  [
    `"${name}" ${type}`,
    collation && `COLLATE "${collation}"`,
    !isNullable && 'NOT NULL',
    value && `DEFAULT ${value}`,
  ]
    .filter(Boolean)
    .join(' ')

const tableSql = (table: string): string =>
  `CREATE TABLE IF NOT EXISTS audit.${table} (\n  ${[
    ...(TABLES[table] ?? []).map(columnSql),
    ...(CONSTRAINTS[table] ?? []),
  ].join(',\n  ')}\n);\n`

/** The statements that create what is missing, and add the one column that older tables lack. */
export const CREATE_TABLES = `
-- One row a log, never changed. Who appends locks it, and so the writers of a log take turns. Its key is for audit.lock_log.
${tableSql('logs')}
DO $body$
BEGIN
  -- Not ADD COLUMN IF NOT EXISTS, which would lock out all readers each time.
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'audit.logs'::regclass AND attname = 'key') THEN
    ALTER TABLE audit.logs ADD COLUMN ${columnSql({ name: 'key', type: 'uuid', default: 'gen_random_uuid()' })};
  END IF;
END
$body$;
${tableSql('entries')}
${Object.entries(INDEXES)
  .map(([name, columns]) => `CREATE INDEX IF NOT EXISTS ${name} ON audit.entries (${columns});\n`)
  .join('')}
-- Roots of complete subtrees of 256, 65,536, … entries of the Merkle tree, which anyone can compute anew.
${tableSql('subtrees')}`

const quote = (value: string) => `'${value.replaceAll("'", "''")}'`

/** Rows of our columns: table, column, type. */
const EXPECTED_COLUMNS = Object.entries(TABLES)
  .flatMap(([table, columns]) =>
    columns.map(({ name, type }) => `(${[table, name, type].map(quote).join(', ')})`),
  )
  .join(', ')

/**
 * An SQL condition: a table with one of our names is not ours. It lacks a column, has one with another type, has an extra
 * column, or is not a table. `entries`, which nobody has by chance, may have extra columns.
 */
export const FOREIGN_TABLES = `EXISTS (
    SELECT FROM pg_catalog.pg_class AS ours
    JOIN (VALUES ${EXPECTED_COLUMNS}) AS expected(table_name, column_name, type) ON relname = table_name
    LEFT JOIN pg_catalog.pg_attribute ON attrelid = ours.oid AND attname = column_name AND NOT attisdropped
      AND pg_catalog.format_type(atttypid, atttypmod) = type
    WHERE relnamespace = pg_catalog.to_regnamespace('audit')
      AND (relkind NOT IN ('r', 'p') OR attrelid IS NULL AND (table_name, column_name) <> ('logs', 'key')))
  OR EXISTS (
    SELECT FROM pg_catalog.pg_class AS ours JOIN pg_catalog.pg_attribute ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
    WHERE relnamespace = pg_catalog.to_regnamespace('audit') AND relname IN ('format', 'logs', 'subtrees')
      AND (relname, attname) NOT IN (SELECT table_name::name, column_name::name FROM (VALUES ${EXPECTED_COLUMNS}) AS expected(table_name, column_name, type)))`

/** An SQL condition: all our tables exist, with all our columns. */
export const COMPLETE_TABLES = `NOT EXISTS (
    SELECT FROM (VALUES ${EXPECTED_COLUMNS}) AS expected(table_name, column_name, type)
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
      WHERE attrelid = pg_catalog.to_regclass('audit.' || table_name) AND attname = column_name AND NOT attisdropped))`

/**
 * An SQL condition: the schema holds something of somebody else that is in our way. That is any object while our tables do
 * not exist; some of our tables without the others, because one transaction creates them all; tables with our names that
 * are not ours; or functions with our names that are declared differently.
 */
export function foreignSql(functions: readonly SqlFunction[]): string {
  const names = functions.map(({ name }) => quote(name)).join(', ')
  const signatures = functions.map(fn => quote(`${fn.name}${signatureOf(fn)}`))
  const tables = Object.keys(TABLES)
  const ourTables = `SELECT FROM pg_class WHERE relnamespace = to_regnamespace('audit') AND relname IN (${tables.map(quote).join(', ')})`
  return `((SELECT count(*) FROM (${ourTables}) AS ours) NOT IN (0, ${tables.length})
    OR NOT EXISTS (${ourTables}) AND EXISTS (SELECT FROM pg_depend
      WHERE refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace('audit') AND classid <> 'pg_default_acl'::regclass)
    OR ${FOREIGN_TABLES}
    OR EXISTS (SELECT FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
      WHERE pronamespace = to_regnamespace('audit') AND proname IN (${names})
        AND (lanname <> 'plpgsql' OR prokind <> 'f' OR proname || ${SIGNATURE} NOT IN ('lock_log(text) void', ${signatures.join(', ')}))))`
}
