import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'
import { onTestFinished } from 'vitest'

/** A log on this file, closed when the test has finished. */
export function openLog(path: string): AuditLog {
  const log = new AuditLog({ backend: new SqliteBackend({ path }) })
  onTestFinished(() => log.close())
  return log
}

/** An entry that differs from others in its input text. */
export function input(inputText = 'question') {
  return { model: 'gpt-4o', user: 'alice', inputText, outputText: 'answer' }
}
