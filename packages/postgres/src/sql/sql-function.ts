/** A PL/pgSQL function of the schema `audit`. The migration creates it from this, and `verify` compares it with this. */
export interface SqlFunction {
  readonly name: string
  /** Types as `format_type` of PostgreSQL spells them. */
  readonly parameters: readonly (readonly [name: string, type: string])[]
  readonly returns: string
  /** Default: `VOLATILE`. */
  readonly volatility?: 'VOLATILE' | 'STABLE' | 'IMMUTABLE'
  /** Whether it runs with the rights of its owner. Default: with its caller's rights. */
  readonly isSecurityDefiner?: boolean
  /** Whether every role may call it. Default: only roles to which that is granted. */
  readonly isForEveryone?: boolean
  /** As PostgreSQL stores them: `name=value`. */
  readonly settings: readonly string[]
  readonly source: string
}

/** Names in a function always mean PostgreSQL's own objects, whatever its caller's search path is. */
export const SAFE_PATH = 'search_path=pg_catalog, pg_temp'

/** A backslash in a function's string is a backslash, whatever its caller's session says. */
export const PLAIN_STRINGS = 'standard_conforming_strings=on'

/** A setting as `SET` takes it. */
export function settingSql(setting: string): string {
  const [name, value = ''] = setting.split('=')
  const values = value.split(', ').map(item => `'${item}'`)
  return `SET ${name} TO ${values.join(', ')}`
}

/** The statement that creates or replaces a function. */
export function createFunction(fn: SqlFunction): string {
  const { name, parameters, returns, volatility = 'VOLATILE', isForEveryone, settings, source } = fn
  const security = fn.isSecurityDefiner ? 'DEFINER' : 'INVOKER'
  const rights = isForEveryone
    ? `GRANT EXECUTE ON FUNCTION audit.${name} TO PUBLIC`
    : `REVOKE ALL ON FUNCTION audit.${name} FROM PUBLIC`
  return `
CREATE OR REPLACE FUNCTION audit.${name}(${parameters.map(parameter => parameter.join(' ')).join(', ')})
RETURNS ${returns} LANGUAGE plpgsql ${volatility} SECURITY ${security} ${settings.map(settingSql).join(' ')} AS $body$${source}$body$;
${rights};
`
}

/** What a function takes and returns: `(text, uuid) void`. */
export function signatureOf({ parameters, returns }: SqlFunction): string {
  return `(${parameters.map(([, type]) => type).join(', ')}) ${returns}`
}

/** The same for a row of `pg_proc`, in SQL. */
export const SIGNATURE = `'(' || oidvectortypes(proargtypes) || ') ' || CASE WHEN proretset THEN 'SETOF ' ELSE '' END || format_type(prorettype, NULL)`
