import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatBytes, formatShare } from '../output/numbers.ts'
import type { Diagnosis } from './diagnosis.ts'
import { type FoundFile, reasonOf } from './file-stats.ts'

const LITTLE_BYTES = 512 * 1024 * 1024

/** File systems by the number that Linux gives them (statfs(2)), where a log is not as safe as on a local disk. */
const RISKY: Readonly<Record<number, string>> = {
  26985: 'NFS, a network file system: its locks and its synchronisation cannot be relied on',
  20859: 'SMB, a network file system: its locks and its synchronisation cannot be relied on',
  4283649346: 'SMB, a network file system: its locks and its synchronisation cannot be relied on',
  4266872130: 'SMB, a network file system: its locks and its synchronisation cannot be relied on',
  16914836: 'memory (tmpfs): all of it is gone when the machine stops',
  2240043254: 'memory (ramfs): all of it is gone when the machine stops',
}

/** How much room is left, and whether the file system can keep a log. */
export async function examineDisk({ real, stats }: FoundFile): Promise<readonly Diagnosis[]> {
  try {
    const { bavail, blocks, bsize, type } = await statfs(dirname(real))
    return [spaceOf(bavail * bsize, blocks * bsize, Number(stats.size)), fileSystemOf(type)]
  } catch (error) {
    return [
      {
        about: 'space',
        level: 'note',
        message: `the system does not say how much is free: ${reasonOf(error)}`,
      },
    ]
  }
}

function spaceOf(free: number, all: number, size: number): Diagnosis {
  const about = 'space'
  const message = `${formatBytes(free)} free of ${formatBytes(all)} (${formatShare(all === 0 ? 0 : free / all)})`
  if (free === 0)
    return { about, level: 'problem', message, advice: 'free some space: nothing more can be recorded' }
  if (free >= Math.max(LITTLE_BYTES, size / 20)) return { about, level: 'ok', message }
  return { about, level: 'warning', message, advice: 'free some space, before nothing more can be recorded' }
}

function fileSystemOf(type: number): Diagnosis {
  const about = 'disk'
  const risk = process.platform === 'linux' ? RISKY[type >>> 0] : undefined
  if (risk === undefined)
    return { about, level: 'ok', message: 'no network file system, and not in memory alone' }
  return { about, level: 'warning', message: `the log is on ${risk}`, advice: 'move the log to a local disk' }
}
