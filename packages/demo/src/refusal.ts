/**
 * What an attempt to change an entry is refused with.
 *
 * @throws Error when the attempt went through: the log is broken then.
 */
export async function refusalOf(what: string, attempt: () => unknown): Promise<string> {
  try {
    await attempt()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error(`${what} was not refused`)
}

/** Sends SQL to the database itself, and prints what it says to each statement. */
export async function showRefusedStatements(
  connection: string,
  statements: readonly string[],
  execute: (sql: string) => unknown,
): Promise<void> {
  console.log(`\nPast this software, through ${connection}:\n`)
  for (const sql of statements) {
    console.log(`  ${sql}\n    → ${await refusalOf(sql, () => execute(sql))}`)
  }
}
