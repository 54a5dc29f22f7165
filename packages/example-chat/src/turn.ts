import { KEYS } from '@audit/capture'
import type { AuditEntry } from '@audit/core'

/** The key of the metadata that has what the user asked last; `inputText` is the whole conversation. */
export const QUESTION = 'chat.question'

/** A turn of a conversation, as an auditor reads it. */
export interface Turn {
  readonly entryId: string
  readonly timestamp: string
  readonly user: string
  readonly session: unknown
  readonly question: unknown
  readonly answer: string
  readonly status: unknown
  readonly model: string
  readonly costUsd: number | null
}

/**
 * The turns in entries: each call, and each intent that none of these calls ends. What else is about an entry, such as an evaluation,
 * has no status: it is no turn, and ends none.
 */
export function turnsIn(entries: readonly AuditEntry[]): readonly Turn[] {
  const recorded = entries.filter(({ metadata }) => metadata[KEYS.status] !== undefined)
  const ended = new Set(recorded.map(({ metadata }) => metadata[KEYS.about]))
  return recorded.filter(entry => !isIntent(entry) || isOpen(entry, ended)).map(turnOf)
}

function isIntent({ metadata }: AuditEntry): boolean {
  return metadata[KEYS.intent] === true
}

/** An intent that is about another one ends that, whose call is in an entry of its own. */
function isOpen({ entryId, metadata }: AuditEntry, ended: ReadonlySet<unknown>): boolean {
  return metadata[KEYS.about] === undefined && !ended.has(entryId)
}

/** The turn that an entry records. */
export function turnOf({ metadata, outputText, ...entry }: AuditEntry): Turn {
  const { entryId, timestamp, user, model, costUsd } = entry
  return {
    entryId,
    timestamp,
    user,
    session: metadata[KEYS.conversation],
    question: metadata[QUESTION],
    answer: outputText,
    status: metadata[KEYS.status],
    model,
    costUsd,
  }
}
