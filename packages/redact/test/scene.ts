import { AuditLog, type EntryInput } from '@audit/core'
import { type RedactOptions, redact } from '../src/index.ts'

/** Records one input in a log in memory that redacts it. */
export async function recorded(input: Partial<EntryInput>, options: RedactOptions = {}) {
  const log = new AuditLog({ prepare: redact(options) })
  return await log.record({ model: 'm', inputText: '', outputText: '', ...input })
}

/** The text of an entry that was recorded with it. */
export async function redacted(inputText: string, options: RedactOptions = {}): Promise<string> {
  return (await recorded({ inputText }, options)).inputText
}
