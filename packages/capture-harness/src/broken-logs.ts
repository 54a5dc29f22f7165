import type { RecordingLog } from '@audit/capture'
import { AuditError, AuditLog, MemoryBackend } from '@audit/core'

/** A log that cannot store an entry. */
export interface BrokenLog {
  readonly name: string
  /** The code of the error that the application must meet. */
  readonly code: string
  /** Whether the cause is kept from the application's SDK, which would take it for a reason to ask again. */
  readonly isWithheld?: true
  create(): RecordingLog
}

/** What an SDK would take for a failure of its own connection, and send the request again. */
const CUT = Object.assign(new Error('aborted'), { name: 'AbortError', code: 'ECONNRESET' })
/** What says of itself that the request may be sent again. */
const RETRYABLE = Object.assign(new Error('try again'), { isRetryable: true })
const FULL = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR' })

/** A log that is down, and says so with an error that is not ours. */
export const DOWN: RecordingLog = { record: () => Promise.reject(CUT) }

const down = { code: 'AUDIT_WRITE_FAILED', isWithheld: true } as const

/** The ways in which a log can fail. */
export const BROKEN_LOGS: readonly BrokenLog[] = [
  { ...down, name: 'down', create: () => failing(CUT) },
  { ...down, name: 'down with an error of its own', create: throwing },
  { ...down, name: 'down for the moment', create: () => failing(RETRYABLE) },
  { name: 'full', code: 'AUDIT_WRITE_FAILED', create: () => failing(FULL) },
  { name: 'overloaded', code: 'AUDIT_OVERLOADED', create: overloaded },
  { name: 'closed', code: 'AUDIT_CLOSED', create: closed },
]

function failing(cause: Error): RecordingLog {
  const error = new AuditError('AUDIT_WRITE_FAILED', 'the entries were not stored', { cause })
  return { record: () => Promise.reject(error) }
}

function throwing(): RecordingLog {
  return {
    record: () => {
      throw CUT
    },
  }
}

function overloaded(): RecordingLog {
  const backend = new MemoryBackend()
  backend.append = () => new Promise(() => undefined) // a store that hangs
  const log = new AuditLog({ backend, maxPendingBytes: 1 })
  void log.record({ model: 'm', inputText: 'it fills', outputText: 'the queue' })
  return log
}

function closed(): RecordingLog {
  const log = new AuditLog({ backend: new MemoryBackend() })
  void log.close() // it counts from now on
  return log
}
