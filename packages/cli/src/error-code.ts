/** The code of an error, such as `EACCES` of the system's and `AUDIT_CORRUPT` of the log's; `undefined` if it has none. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
