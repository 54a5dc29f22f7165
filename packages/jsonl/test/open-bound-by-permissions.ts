import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { boundByPermissions } from '@audit/harness'

const SCRIPT = fileURLToPath(new URL('open-once.ts', import.meta.url))

/** Runs `open-once.ts` so that permissions bind it, and gives what it printed: a code, or the number of entries. */
export function openBoundByPermissions(path: string, ...more: readonly string[]): string {
  const [program, ...args] = boundByPermissions(SCRIPT, path, ...more)
  return spawnSync(program, args, { encoding: 'utf8' }).stdout
}
