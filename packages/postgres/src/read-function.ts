/**
 * What makes the planner take the one index that has rows in the order that they are asked for. Without it, where it has
 * no statistics or old ones, or keeps a plan from when the table was small, it reads a whole log and sorts it.
 */
export const IN_INDEX_ORDER =
  'SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_incremental_sort = off'

const READ = `
BEGIN
  RETURN QUERY EXECUTE p_query USING p_values;
END
`

/** What `audit.read` is made of: its source, as PostgreSQL keeps it. */
export const READ_SOURCES: Readonly<Record<string, string>> = { read: READ }

/**
 * Creates `audit.read`, which runs a query in index order. It has no rights but its caller's, and since it is STABLE
 * PostgreSQL lets no statement through that changes anything.
 */
export const READ_FUNCTION = `
CREATE OR REPLACE FUNCTION audit.read(p_query text, p_values text[]) RETURNS SETOF record LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp ${IN_INDEX_ORDER} AS $body$${READ}$body$;

REVOKE ALL ON FUNCTION audit.read FROM PUBLIC;
`
