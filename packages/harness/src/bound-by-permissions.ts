import { spawnSync } from 'node:child_process'

const isRoot = process.getuid?.() === 0
/** Permissions do not bind root, who gives that privilege away here: another user could not load the packages. */
const BOUND = ['--bounding-set', '-dac_override,-dac_read_search']

/** Whether a process can be made here that permissions bind: on Windows none can, and root can on Linux alone. */
export const canBeBound =
  process.platform !== 'win32' && (!isRoot || spawnSync('setpriv', [...BOUND, 'true']).status === 0)

/** The command that runs node so that permissions bind it, whoever this process runs as. */
export function boundByPermissions(
  ...args: readonly string[]
): readonly [program: string, ...args: string[]] {
  return isRoot ? ['setpriv', ...BOUND, process.execPath, ...args] : [process.execPath, ...args]
}
