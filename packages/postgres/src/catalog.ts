import { GUARDS, triggerBits } from './sql/guards.ts'
import { isMetadataIndex, METADATA_INDEX_NAME } from './sql/metadata-index.ts'
import { FUNCTIONS } from './sql/schema.ts'
import { SIGNATURE, signatureOf } from './sql/sql-function.ts'
import { CONSTRAINTS, INDEXES, TABLES } from './sql/tables.ts'

/** An object of the schema, and the parts of its definition that matter here, as one text. */
export interface CatalogEntry {
  readonly object: string
  readonly definition: string
}

const names = (values: readonly string[]) => values.map(value => `'${value}'`).join(', ')

/**
 * What a policy may say: that a log belongs to a role or to a setting. Such a policy hides whole logs. Any other might hide
 * single entries, and no reader would notice.
 */
const OWN_LOG = `^\\(log = (\\(*(CURRENT_USER|SESSION_USER|current_setting\\(''[^'']*''::text(, true)?\\)|''([^'']|'''')*'')\\)*(::text|::name)*\\)*)\\)$`

/**
 * Describes every object, from the catalogs themselves, which are the same in all versions. Only constraints, indexes and
 * policies are compared as texts. It needs the search path `pg_catalog`, because others change how names are spelt. It
 * leaves out allowed policies, and added indexes that constrain nothing.
 */
export const CATALOG_SQL = `
WITH RECURSIVE ours AS (
  SELECT oid, relname, relowner, relkind, relpersistence, relispartition, relrowsecurity FROM pg_class
  WHERE relnamespace = to_regnamespace('audit') AND relname IN (${names(Object.keys(TABLES))}) AND relkind NOT IN ('i', 'I')
), owner AS (
  SELECT relowner AS oid FROM ours WHERE relname = 'logs'
), parts AS (
  SELECT oid, relname, relowner, relkind, relpersistence FROM pg_class
  WHERE oid IN (SELECT relid FROM ours, pg_partition_tree(ours.oid) WHERE ours.relkind = 'p' AND level > 0)
), trigger AS (
  SELECT tgrelid, tgname, tgparentid, tgtype::text AS type, tgenabled,
    concat_ws(' ', nspname || '.' || proname, tgqual IS NOT NULL, tgattr::text, tgnargs, tgoldtable, tgnewtable, tgconstraint <> 0,
      tgdeferrable) AS call
  FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_namespace ON pg_namespace.oid = pronamespace
  WHERE NOT tgisinternal OR tgparentid <> 0
), catalog(object, definition) AS (
  SELECT 'table ' || relname, concat_ws(' ', CASE WHEN relname = 'entries' AND relkind = 'p' THEN 'r' ELSE relkind::text END,
    relpersistence, relispartition, relowner = (SELECT oid FROM owner)) FROM ours
  UNION ALL
  SELECT 'column ' || relname || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod),
    CASE WHEN attcollation <> 0 THEN (SELECT nspname || '.' || collname FROM pg_collation
      JOIN pg_namespace ON pg_namespace.oid = collnamespace WHERE pg_collation.oid = attcollation) END,
    attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid))
  FROM ours JOIN pg_attribute ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  UNION ALL
  SELECT 'constraint ' || pg_get_constraintdef(pg_constraint.oid) || ' of ' || relname, ''
  FROM ours JOIN pg_constraint ON conrelid = ours.oid WHERE contype <> 'n' OR NOT convalidated
  UNION ALL
  SELECT 'index ' || named.kind || regexp_replace(substr(pg_get_indexdef(indexrelid), length(named.prefix) + 1), '^ONLY ', ''),
    concat_ws(' ', indisvalid, indisready, indislive)
  FROM ours JOIN pg_index ON indrelid = ours.oid JOIN pg_class AS index ON index.oid = indexrelid
    CROSS JOIN LATERAL (SELECT CASE WHEN indisunique THEN 'UNIQUE ' ELSE '' END) AS uniqueness(kind)
    CROSS JOIN LATERAL (SELECT kind, format('CREATE %sINDEX %I ON ', kind, index.relname) AS prefix) AS named
  WHERE index.relname !~ '${METADATA_INDEX_NAME}'
  UNION ALL
  SELECT 'metadata index ' || index.relname, concat_ws(' ', indisready AND indislive OR NOT indisvalid, pg_get_indexdef(indexrelid))
  FROM ours JOIN pg_index ON indrelid = ours.oid JOIN pg_class AS index ON index.oid = indexrelid
  WHERE index.relname ~ '${METADATA_INDEX_NAME}'
  UNION ALL
  SELECT 'trigger ' || tgname || ' of ' || relname, concat_ws(' ', type, tgenabled, call)
  FROM ours JOIN trigger ON tgrelid = ours.oid
  UNION ALL
  SELECT 'function ' || proname || ${SIGNATURE}, concat_ws(' ', lanname, prokind, provolatile, prosecdef, proisstrict, proleakproof,
    proparallel, proowner = (SELECT oid FROM owner), array_to_string(proargnames, ','), array_to_string(proargmodes, ','), pronargdefaults,
    array_to_string(proconfig, ';'), prosrc)
  FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
  WHERE pronamespace = to_regnamespace('audit') AND proname IN (${names(FUNCTIONS.map(({ name }) => name))})
  UNION ALL
  SELECT 'rule ' || rulename || ' of ' || relname, '' FROM (SELECT oid, relname FROM ours UNION SELECT oid, relname FROM parts) AS tables
    JOIN pg_rewrite ON ev_class = tables.oid
  UNION ALL
  SELECT 'policy ' || polname || ' of ' || relname, '' FROM ours JOIN pg_policy ON polrelid = ours.oid
  WHERE NOT (coalesce(pg_get_expr(polqual, polrelid), '(log = CURRENT_USER)') ~ '${OWN_LOG}'
    AND coalesce(pg_get_expr(polwithcheck, polrelid), '(log = CURRENT_USER)') ~ '${OWN_LOG}')
  UNION ALL
  SELECT 'row-level security without a policy of ' || relname, '' FROM ours
  WHERE relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = ours.oid)
  UNION ALL
  SELECT 'inheritance of ' || inhrelid::regclass || ' from ' || inhparent::regclass, '' FROM pg_inherits
  WHERE inhrelid IN (SELECT oid FROM ours) OR inhparent IN (SELECT oid FROM ours WHERE NOT (relname = 'entries' AND relkind = 'p'))
  UNION ALL
  SELECT 'partition ' || relname, '' FROM parts
  WHERE relkind NOT IN ('r', 'p') OR relpersistence <> 'p' OR relowner <> (SELECT oid FROM owner)
    OR NOT EXISTS (SELECT FROM trigger WHERE tgrelid = parts.oid AND type = '27' AND tgenabled IN ('O', 'A') AND call = 'audit.refuse_change f  0 f f')
    OR NOT EXISTS (SELECT FROM trigger WHERE tgrelid = parts.oid AND type = '34' AND tgenabled IN ('O', 'A') AND call = 'audit.refuse_change f  0 f f')
    OR EXISTS (SELECT FROM trigger WHERE tgrelid = parts.oid AND call <> 'audit.refuse_change f  0 f f')
)
SELECT object, definition FROM catalog ORDER BY object`

const CALL = (called: string, table: string) =>
  ['audit.', called, ' f  0', table && ` ${table}`, ' f f'].join('')

/** The objects that must exist. */
export const EXPECTED: readonly CatalogEntry[] = [
  ...Object.keys(TABLES).map(table => ({ object: `table ${table}`, definition: 'r p f t' })),
  ...Object.entries(TABLES).flatMap(([table, columns]) =>
    columns.map(({ name, type, collation, isNullable, default: value }) => ({
      object: `column ${table}.${name}`,
      definition: [
        type,
        ...(collation ? [`pg_catalog.${collation}`] : []),
        isNullable ? 'f' : 't',
        '', // no identity
        '', // not generated
        ...(value === undefined ? [] : [value]),
      ].join(' '),
    })),
  ),
  ...Object.entries(CONSTRAINTS).flatMap(([table, constraints]) =>
    constraints.flatMap(constraint => [
      { object: `constraint ${constraint} of ${table}`, definition: '' },
      ...(constraint.startsWith('CHECK') ? [] : [indexOf(table, constraint)]),
    ]),
  ),
  ...Object.values(INDEXES).map(columns => ({
    object: `index audit.entries USING btree (${columns})`,
    definition: 't t t',
  })),
  ...GUARDS.map(guard => ({
    object: `trigger ${guard.name} of ${guard.table}`,
    definition: `${triggerBits(guard)} A ${CALL(guard.function, guard.event === 'insert' ? 'inserted' : '')}`,
  })),
  ...FUNCTIONS.map(fn => ({
    object: `function ${fn.name}${signatureOf(fn)}`,
    definition: [
      'plpgsql',
      'f',
      (fn.volatility ?? 'VOLATILE')[0]?.toLowerCase(),
      fn.isSecurityDefiner ? 't' : 'f',
      'f', // not strict
      'f', // not leakproof
      'u', // not parallel
      't', // the owner of the tables
      ...(fn.parameters.length > 0 ? [fn.parameters.map(([name]) => name).join(',')] : []),
      '0', // no defaults
      ...(fn.settings.length > 0 ? [fn.settings.join(';')] : []),
      fn.source,
    ].join(' '),
  })),
]

/** The index that a constraint creates. */
function indexOf(table: string, constraint: string): CatalogEntry {
  const columns = constraint.slice(constraint.indexOf('('))
  return { object: `index UNIQUE audit.${table} USING btree ${columns}`, definition: 't t t' }
}

const METADATA_INDEX = 'metadata index '

/**
 * Whether an unexpected object is harmless: an index that constrains nothing, or that of a metadata key as this package
 * creates it. It may be incomplete, because PostgreSQL then does not use it.
 */
export function isHarmless({ object, definition }: CatalogEntry): boolean {
  if (object.startsWith('index audit.')) return true
  if (!object.startsWith(METADATA_INDEX) || !definition.startsWith('t ')) return false
  return isMetadataIndex(object.slice(METADATA_INDEX.length), definition.slice('t '.length))
}
