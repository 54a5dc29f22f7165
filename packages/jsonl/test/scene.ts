import { join } from 'node:path'
import { type AuditBackend, type AuditEntry, AuditLog, type EntryInput } from '@audit/core'
import { createEntry, createLeaf, encodeLine, type Leaf, type Page } from '@audit/core/backend'
import { temporaryFolder } from '@audit/harness/vitest'
import { type Damage, JsonlBackend, type JsonlBackendOptions } from '@audit/jsonl'
import { onTestFinished } from 'vitest'
import { encodeBatch } from '../src/batch.ts'
import { loadNativeLock } from '../src/native-lock.ts'
import { OpenLog } from '../src/open-log.ts'

/** A path in a fresh folder that is removed after the test. */
export function freshPath(name = 'audit.jsonl'): string {
  return join(temporaryFolder(), name)
}

/** An open backend that is closed after the test, and what it tells of damage. */
export async function openBackend(path: string, options: Pick<JsonlBackendOptions, 'readOnly'> = {}) {
  const damages: Damage[] = []
  const backend = new JsonlBackend({ ...options, path, onDamage: damage => damages.push(damage) })
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

/** All entries, in the order of the log, page by page. */
export async function entriesOf(backend: Pick<AuditBackend, 'read'>): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  let page: Page
  do {
    page = await backend.read(entries.length, Number.MAX_SAFE_INTEGER)
    entries.push(...page)
  } while (page.isPartial)
  return entries
}

/** Their texts. */
export async function textsOf(backend: Pick<AuditBackend, 'read'>): Promise<string[]> {
  return (await entriesOf(backend)).map(entry => entry.inputText)
}

/** The log as the worker opens it, in this thread: where system calls and timers can be replaced. It is closed after the test. */
export async function openInThisThread(
  path: string,
  { isReadOnly = false, native = loadNativeLock([import.meta.url]) } = {},
) {
  const damages: Damage[] = []
  const log = await OpenLog.open({
    path,
    isReadOnly,
    metadataIndexes: [],
    native,
    onDamage: async found => void damages.push(...found),
  })
  onTestFinished(() => {
    try {
      log.close()
    } catch {
      // A test of a broken file may leave it unable to.
    }
  })
  return {
    log,
    damages,
    append: (...leaves: readonly Leaf[]) => log.append(encodeBatch(leaves)),
    texts: () => textsOf({ read: async (start, end) => [...(await log.read(start, end)).items] }),
  }
}
