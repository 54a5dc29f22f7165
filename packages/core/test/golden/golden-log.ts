import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuditLog, createSigner, MemoryBackend } from '@audit/core'
import { createLeaf, decodeLine } from '@audit/core/backend'

/** The name of the golden log is in its key, which is used nowhere else. */
export const PRIVATE_KEY = readGolden('private-key.txt')

/** The tree over the golden log. Hashes are base64, of 32 bytes. */
export interface GoldenTree {
  readonly leafHashes: readonly string[]
  /** By size, from 0 on. */
  readonly roots: readonly string[]
  /** Complete subtrees: the leaves from `start` to before `end`. */
  readonly subtrees: readonly { readonly start: number; readonly end: number; readonly root: string }[]
}

/** What the golden log signed at some of its sizes. */
export interface GoldenNotes {
  readonly checkpoints: readonly { readonly size: number; readonly checkpoint: string }[]
  readonly inclusion: readonly { readonly index: number; readonly size: number; readonly proof: string }[]
  readonly consistency: readonly { readonly oldSize: number; readonly size: number; readonly proof: string }[]
}

/** A golden file's text. */
export function readGolden(file: string): string {
  return readFileSync(join(import.meta.dirname, file), 'utf8')
}

/** The log as it was when it had so many of the entries whose lines these are. */
export async function goldenLogOf(lines: readonly string[], size: number): Promise<AuditLog> {
  const backend = new MemoryBackend()
  const log = new AuditLog({ backend, signer: createSigner(PRIVATE_KEY) })
  await log.open()
  await backend.append(lines.slice(0, size).map(line => createLeaf(decodeLine(line))))
  return log
}
