import type { AuditEntry } from '@audit/core'
import { lastQuestion } from '../entries/last-question.ts'
import { STATUS_KEY } from '../filters/filter-options.ts'
import type { EntryRow } from './contract.ts'

/** So much of a text stands in a list. */
const PREVIEW_LENGTH = 240

/** What a list shows of an entry, however much the entry weighs. */
export function rowOf(entry: AuditEntry, sessionKey: string): EntryRow {
  const { entryId, index, timestamp, user, model, inputText, outputText, costUsd, latencyMs } = entry
  return {
    entryId,
    index,
    timestamp,
    user,
    model,
    input: previewOf(lastQuestion(inputText)),
    output: previewOf(outputText),
    costUsd,
    latencyMs,
    status: textIn(entry, STATUS_KEY),
    session: textIn(entry, sessionKey),
  }
}

function previewOf(text: string): string {
  return text.length <= PREVIEW_LENGTH ? text : `${text.slice(0, PREVIEW_LENGTH).toWellFormed()}…`
}

function textIn({ metadata }: AuditEntry, key: string): string | null {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  return typeof value === 'string' ? value : null
}
