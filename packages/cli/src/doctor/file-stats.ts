import { type BigIntStats, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from '../error-code.ts'
import type { FileLocation } from '../log/log-location.ts'
import { formatBytes } from '../output/numbers.ts'
import type { Diagnosis } from './diagnosis.ts'

/** A regular file, and the path behind links, beside which SQLite puts its side files. */
export interface FoundFile {
  readonly real: string
  readonly stats: BigIntStats
}

/** Looks for the file; without one, the diagnosis says what is there instead. */
export function findFile({ path, name }: FileLocation): {
  readonly file?: FoundFile
  readonly diagnosis: Diagnosis
} {
  const problem = (message: string, advice: string) => ({
    diagnosis: { about: 'file', level: 'problem', message, advice } as const,
  })
  let stats: BigIntStats | undefined
  try {
    stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    return problem(
      `${name} cannot be reached: ${reasonOf(error)}`,
      'check the folders of the path and their permissions',
    )
  }
  if (!stats) {
    const link = lstatSync(path, { throwIfNoEntry: false })
    if (link) return problem(`${name} is a symbolic link to nothing`, 'put the file back, or mend the link')
    return problem(`${name} does not exist`, 'check the path, which counts from the current folder')
  }
  if (stats.isDirectory()) return problem(`${name} is a folder`, 'give the file in it, such as audit.db')
  if (!stats.isFile()) return problem(`${name} is a pipe, a socket or a device`, "give the log's file")
  const real = realpathSync(path)
  const link = lstatSync(path).isSymbolicLink() ? `; a link to ${real}` : ''
  return {
    file: { real, stats },
    diagnosis: {
      about: 'file',
      level: 'ok',
      message: `${formatBytes(Number(stats.size))}, changed ${stats.mtime.toISOString()}${link}`,
    },
  }
}

/** Who may read and write the file, and whether that is too many. */
export async function permissionsOf({ real, stats }: FoundFile): Promise<Diagnosis> {
  const about = 'permissions'
  const mode = `0${(Number(stats.mode) & 0o777).toString(8).padStart(3, '0')}`
  const may = async (path: string, right: number) =>
    access(path, right).then(
      () => true,
      () => false,
    )
  if (!(await may(real, constants.R_OK))) {
    return {
      about,
      level: 'problem',
      message: `this user may not read it (mode ${mode})`,
      advice: `ask its owner, user ${stats.uid}`,
    }
  }
  const writable = (await may(real, constants.W_OK)) && (await may(dirname(real), constants.W_OK))
  const ability = writable
    ? 'readable and writable'
    : 'readable; recording needs the right to write the file and its folder'
  const isShared = process.platform !== 'win32' && (Number(stats.mode) & 0o077) !== 0
  if (!isShared) return { about, level: 'ok', message: `${ability} (mode ${mode})` }
  return {
    about,
    level: 'warning',
    message: `${ability}; other users of this machine may use it too (mode ${mode})`,
    advice: `run: chmod 600 ${real}`,
  }
}

/** Whether the file has one name: each other one would get a write-ahead log of its own. */
export function namesOf({ real, stats }: FoundFile, isSqlite: boolean): Diagnosis {
  const about = 'names'
  if (stats.nlink === 1n) return { about, level: 'ok', message: 'it has this name alone' }
  const others = otherNames(real, stats)
  const where = others.length > 0 ? `: ${others.join(', ')}` : ', in another folder'
  return {
    about,
    level: isSqlite ? 'problem' : 'warning',
    message: `it has ${stats.nlink} names (hard links)${where}`,
    advice: isSqlite
      ? 'remove the other names, or copy the file: a log that is opened by two names loses entries'
      : 'remove the other names, unless they are wanted',
  }
}

function otherNames(real: string, { ino, dev }: BigIntStats): readonly string[] {
  const folder = dirname(real)
  try {
    return readdirSync(folder)
      .map(name => join(folder, name))
      .filter(path => {
        const other = path === real ? undefined : lstatSync(path, { bigint: true, throwIfNoEntry: false })
        return other?.ino === ino && other.dev === dev
      })
  } catch {
    return [] // the folder may not be listed
  }
}

/** What the system says of a file: the code of its error, such as `EACCES`. */
export function reasonOf(error: unknown): string {
  return String(codeOf(error) ?? error)
}
