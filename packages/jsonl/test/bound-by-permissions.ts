import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('open-once.ts', import.meta.url))
const isRoot = process.getuid?.() === 0
/** Permissions do not bind root, who gives that privilege away here: another user could not load the packages. */
const BOUND = ['--bounding-set', '-dac_override,-dac_read_search']

/** Whether a process can be made here that permissions bind. */
export const canBeBound =
  process.platform !== 'win32' && (!isRoot || spawnSync('setpriv', [...BOUND, 'true']).status === 0)

/** Runs `open-once.ts` so that permissions bind it, and gives what it printed: a code, or the number of entries. */
export function openBoundByPermissions(path: string, ...more: readonly string[]): string {
  const program = [process.execPath, SCRIPT, path, ...more]
  const [command = '', ...args] = isRoot ? ['setpriv', ...BOUND, ...program] : program
  return spawnSync(command, args, { encoding: 'utf8' }).stdout
}
