import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuditLog, createSigner, generateKey } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { writeSampleLogs } from './sample-log.ts'

/** The key of the sample log, and one of somebody else with the same name. */
export const OWN_KEY = generateKey('example.com/audit')
export const FORGED_KEY = generateKey('example.com/audit')

/** Opens an SQLite file as somebody who owns the disk does, and drops its triggers before; `restoresTriggers` covers it up. */
export function attack(path: string, sql: string, { restoresTriggers = false } = {}): void {
  const database = new Database(path)
  const triggers = database
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    .all()
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`)
  database.exec(sql)
  if (restoresTriggers) for (const trigger of triggers) database.exec(trigger.sql)
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}

/** A signed checkpoint of an SQLite log as it is now. */
export async function checkpointOf(path: string, privateKey = OWN_KEY.privateKey): Promise<string> {
  await using log = new AuditLog({
    backend: new SqliteBackend({ path, readOnly: true }),
    signer: createSigner(privateKey),
  })
  return await log.checkpoint()
}

/**
 * Fills a folder with the sample logs, whole (`audit.db`, `audit.jsonl`) and attacked, with keys and checkpoints, good ones
 * and others.
 */
export async function writeAttackedLogs(folder: string): Promise<void> {
  const file = (name: string) => join(folder, name)
  await writeSampleLogs(folder)
  const checkpoint = await checkpointOf(file('audit.db'))
  const write = (name: string, content: string | Uint8Array) => writeFileSync(file(name), content)
  write('audit.pub', `${OWN_KEY.publicKey}\n`)
  write('audit.key', `${OWN_KEY.privateKey}\n`)
  write('checkpoint.txt', checkpoint)
  write('crlf.txt', checkpoint.replaceAll('\n', '\r\n'))
  write('bom.txt', `\uFEFF${checkpoint}`)
  write('no-checkpoint.txt', 'Dear Sir or Madam,\n')
  write('latin1.txt', Buffer.from('na\u00efve\n', 'latin1'))
  write('changed.txt', checkpoint.replace(/^48$/m, '47'))
  write('forged.txt', await checkpointOf(file('audit.db'), FORGED_KEY.privateKey))
  write('other-log.txt', await checkpointOf(file('audit.db'), generateKey('example.com/other').privateKey))

  const lines = readFileSync(file('audit.jsonl'), 'utf8').trimEnd().split('\n')
  write('cut.jsonl', `${lines.slice(0, 40).join('\n')}\n`)
  write('torn.jsonl', `${lines.join('\n').slice(0, -20)}`)
  write(
    'changed.jsonl',
    `${lines.map((line, i) => (i === 7 ? line.replace(/"user":"[a-z]+"/, '"user":"eve"') : line)).join('\n')}\n`,
  )
  write('garbage.jsonl', '{"entry_id":"no entry"}\n{\n')

  for (const [name, sql] of [
    ['changed.db', `UPDATE audit_log SET user = 'eve' WHERE "index" = 7`],
    ['cut.db', 'DELETE FROM audit_log WHERE "index" >= 40'],
    ['hole.db', 'DELETE FROM audit_log WHERE "index" = 7'],
    ['no-triggers.db', 'SELECT 1'],
  ] as const) {
    copyFileSync(file('audit.db'), file(name))
    attack(file(name), sql)
  }
}
