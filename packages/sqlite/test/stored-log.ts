import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'

/** Leaves a log of so many entries as a killed process does: with its newest entries in the `-wal`. */
export async function killedLog(folder: string, count: number, name = 'audit.db'): Promise<string> {
  const path = join(folder, name)
  await runProgram('record-and-die', path, String(count))
  return path
}

/** Copies a log's file and those beside it that are named. */
export function copyLog(from: string, to: string, endings: readonly string[] = ['', '-wal', '-shm']): string {
  for (const ending of endings) if (existsSync(from + ending)) copyFileSync(from + ending, to + ending)
  return to
}
