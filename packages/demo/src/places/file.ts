import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackendName } from '../options.ts'

/** The path of a file in a new folder. */
export async function temporaryFile(name: string): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'audit-demo-')), name)
}

/** Says that the log is a file, and how to look into it and to go on with it. */
export function showFile(backend: BackendName, path: string, command: string): void {
  console.log(`The log is this file:\n  ${path}`)
  console.log(`Look into it, for example with:\n  ${command}`)
  console.log(`Go on with it:\n  npm run demo -- --backend ${backend} --path ${quoted(path)}`)
}

/** A text as one word of a shell command. */
export function quoted(text: string): string {
  return /^[\w./:\\-]+$/.test(text) ? text : JSON.stringify(text).replaceAll(/[$`]/g, '\\$&')
}
