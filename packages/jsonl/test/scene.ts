import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AuditBackend,
  AuditLog,
  createEntry,
  createLeaf,
  type EntryInput,
  encodeLine,
  type Leaf,
} from '@audit/core'
import { type Damage, JsonlBackend } from '@audit/jsonl'
import { onTestFinished } from 'vitest'

/** A path in a fresh folder that is removed after the test. */
export async function freshPath(name = 'audit.jsonl'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'audit-jsonl-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, name)
}

/** An open backend that is closed after the test, and what it tells of damage. */
export async function openBackend(path: string) {
  const damages: Damage[] = []
  const backend = new JsonlBackend({ path, onDamage: damage => damages.push(damage) })
  onTestFinished(() => backend.close().catch(() => {})) // a test of a broken file may leave it unable to
  await backend.open()
  return { backend, damages, log: new AuditLog({ backend }) }
}

export function inputOf(inputText: string): EntryInput {
  return { model: 'm', user: 'u', inputText, outputText: 'answer' }
}

export function leafOf(inputText: string): Leaf {
  return createLeaf(createEntry(inputOf(inputText)))
}

/** The canonical line of a new entry, without a newline. */
export function lineOf(inputText: string): string {
  return encodeLine(createEntry(inputOf(inputText)))
}

/** The texts of all entries, in the order of the log. */
export async function textsOf(backend: AuditBackend): Promise<string[]> {
  return (await backend.read(0, Number.MAX_SAFE_INTEGER)).map(entry => entry.inputText)
}
