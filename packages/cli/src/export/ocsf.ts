import { KEYS } from '@audit/capture'
import type { AuditEntry } from '@audit/core'
import type { JsonObject, JsonValue } from '@audit/core/backend'
import manifest from '../../package.json' with { type: 'json' }
import type { ExportFormat } from './export-format.ts'
import { instantOf } from './instant.ts'
import { writeLines } from './lines.ts'

/** For security teams: each entry as an event of the Open Cybersecurity Schema Framework, which SIEMs and data lakes take. */
export const ocsf: ExportFormat = {
  name: 'ocsf',
  summary: 'for a SIEM: API Activity (6003) of OCSF 1.8.0 with the profile ai_operation, an event a line',
  extension: 'ocsf.jsonl',
  mediaType: 'application/jsonl',
  isBinary: false,
  write: entries => writeLines(entries, entry => JSON.stringify(eventOf(entry))),
}

const VERSION = '1.8.0'
const CATEGORY = { category_uid: 6, category_name: 'Application Activity' }
const CLASS = { class_uid: 6003, class_name: 'API Activity' }
/** Asking a model is none of create, read, update and delete: it is Other, and its operation is named. */
const ACTIVITY_ID = 99
const TYPE = { type_uid: CLASS.class_uid * 100 + ACTIVITY_ID, type_name: 'API Activity: Other' }
const SEVERITY = { severity_id: 1, severity: 'Informational' }
const PRODUCT = { name: 'audit', vendor_name: 'audit', version: manifest.version }
const ASSISTANT = { ai_role_id: 2, ai_role: 'Assistant' }
const UNKNOWN = 'unknown'

/** What is left out of the event where it is not known. */
type Event = { readonly [key: string]: JsonValue | Event | undefined }

function eventOf(entry: AuditEntry): Event {
  const end = instantOf(entry)
  // Nobody has waited since before 1970.
  const isDuration = entry.latencyMs !== null && entry.latencyMs <= end
  const duration = isDuration ? Math.round(entry.latencyMs) : undefined
  const operation = textIn(entry.metadata, KEYS.operation) ?? UNKNOWN
  const provider = textIn(entry.metadata, KEYS.provider)
  return {
    ...CATEGORY,
    ...CLASS,
    activity_id: ACTIVITY_ID,
    activity_name: operation,
    ...TYPE,
    ...SEVERITY,
    ...statusOf(entry.metadata),
    time: end,
    start_time: duration === undefined ? undefined : end - duration,
    end_time: end,
    duration,
    message: `${operation} with ${entry.model}`,
    metadata: metadataOf(entry),
    actor: { user: { name: entry.user } },
    api: apiOf(entry, operation, provider),
    src_endpoint: { name: UNKNOWN }, // required; a log knows people, not their machines
    dst_endpoint: provider === undefined ? undefined : { svc_name: provider },
    ai_model: { name: entry.model, ai_provider: provider ?? UNKNOWN },
    message_context: contextOf(entry.metadata, provider),
    unmapped: { cost_usd: entry.costUsd, metadata: entry.metadata },
  }
}

function metadataOf(entry: AuditEntry): Event {
  return {
    version: VERSION,
    profiles: ['ai_operation'],
    product: PRODUCT,
    uid: entry.entryId,
    original_event_uid: entry.entryId,
    original_time: entry.timestamp,
    sequence: entry.index,
    correlation_uid: textIn(entry.metadata, KEYS.about),
  }
}

function apiOf(entry: AuditEntry, operation: string, provider: string | undefined): Event {
  const error = textIn(entry.metadata, KEYS.errorType)
  const code = error !== undefined && /^[1-5]\d\d$/.test(error) ? Number(error) : undefined
  return {
    operation,
    service: provider === undefined ? undefined : { name: provider },
    request: {
      uid: textIn(entry.metadata, KEYS.responseId) ?? entry.entryId,
      data: { input_text: entry.inputText },
    },
    response: { code, error, data: { output_text: entry.outputText } },
  }
}

/** The conversation and the tokens; nothing for an entry that says nothing of either. */
function contextOf(metadata: JsonObject, provider = UNKNOWN): Event | undefined {
  const conversation = textIn(metadata, KEYS.conversation)
  const input = countIn(metadata, KEYS.inputTokens)
  const output = countIn(metadata, KEYS.outputTokens)
  if (conversation === undefined && input === undefined && output === undefined) return undefined
  return {
    uid: conversation,
    name: conversation,
    ...ASSISTANT,
    service: { name: provider },
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input === undefined || output === undefined ? undefined : input + output,
  }
}

/** `aborted`, `cancelled` and `unfinished` are neither a success nor a failure: they keep their names. */
function statusOf(metadata: JsonObject): Event {
  const status = textIn(metadata, KEYS.status)
  const status_code = textIn(metadata, KEYS.errorType)
  if (status === undefined) return { status_id: 0, status: 'Unknown' }
  if (status === 'ok') return { status_id: 1, status: 'Success' }
  if (FAILURES.has(status)) return { status_id: 2, status: 'Failure', status_code, status_detail: status }
  return { status_id: 99, status, status_code }
}

const FAILURES: ReadonlySet<string> = new Set(['error', 'timeout', 'truncated'])

function textIn(metadata: JsonObject, key: string): string | undefined {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  return typeof value === 'string' ? value : undefined
}

function countIn(metadata: JsonObject, key: string): number | undefined {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  return Number.isSafeInteger(value) ? Number(value) : undefined
}
