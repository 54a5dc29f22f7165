/** The highest possible index, that of `bigint`. */
export const LAST_INDEX = '9223372036854775807'

/**
 * The query for the last index of a log, in the order of the primary key; no row if the log is empty.
 *
 * @param log the log's name, as an SQL expression.
 * @param upTo the last index that counts, as an SQL expression.
 */
export function lastIndexSql(log: string, upTo = LAST_INDEX): string {
  return `SELECT index FROM audit.entries
    WHERE (log, index) >= (${log}, 0) AND (log, index) <= (${log}, ${upTo}) ORDER BY log DESC, index DESC LIMIT 1`
}
