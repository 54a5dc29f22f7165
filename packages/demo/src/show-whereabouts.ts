import type { BackendName } from './options.ts'

/** Says where the log lies and how to look into it without this software. */
export function showWhereabouts(backend: BackendName, path: string | undefined): void {
  if (path === undefined) {
    console.log('The log was in memory, and is gone with this process.')
    return
  }
  console.log(`The log is this file:\n  ${path}`)
  console.log(`Look into it, for example with:\n  ${COMMANDS[backend](path)}`)
  console.log(`Go on with it:\n  npm run demo -- --backend ${backend} --path ${quoted(path)}`)
}

const COMMANDS: Readonly<Record<BackendName, (path: string) => string>> = {
  sqlite: path => `sqlite3 ${quoted(path)} "SELECT user, model FROM audit_log"`,
  jsonl: path => `head -n 2 ${quoted(path)}`,
  memory: () => '',
}

function quoted(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : JSON.stringify(path)
}
