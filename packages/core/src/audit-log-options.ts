import type { AuditBackend } from './backend/backend.ts'
import { MemoryBackend } from './backend/memory-backend.ts'
import { describe, shown } from './entry/json.ts'
import type { Signer } from './note/signer.ts'
import { invalidOptions, optionsOf } from './options.ts'
import type { Prepare } from './recording/prepare.ts'

/** What `new AuditLog` takes. */
export interface AuditLogOptions {
  /** Where the log is stored. Default: a new `MemoryBackend`, which loses everything when the process ends. */
  readonly backend?: AuditBackend
  /** Signs checkpoints; its name is the log's own name. Default: none, without which there are no checkpoints or proofs. */
  readonly signer?: Signer | undefined
  /**
   * How many bytes of canonical lines may wait to be stored. Beyond that, `record` rejects with `AUDIT_OVERLOADED`, so that
   * a store that hangs does not fill the memory. Default: 268,435,456 (256 MiB).
   */
  readonly maxPendingBytes?: number | undefined
  /** Changes each input before it is hashed and stored. Default: none. */
  readonly prepare?: Prepare | undefined
}

const KEYS = ['backend', 'signer', 'maxPendingBytes', 'prepare'] as const satisfies (keyof AuditLogOptions)[]
const OWNER = 'AuditLog'
const MAX_PENDING_BYTES = 256 * 1024 * 1024

/** Checks the options and fills in the defaults. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function auditLogOptions(options: AuditLogOptions) {
  const given = optionsOf(options, KEYS, OWNER)
  return {
    backend: 'backend' in given ? backendFrom(given.backend) : new MemoryBackend(),
    signer: signerFrom(given.signer),
    maxPendingBytes: bytesFrom(given.maxPendingBytes),
    prepare: prepareFrom(given.prepare),
  }
}

const BACKEND_METHODS = ['open', 'append', 'size', 'read', 'find', 'count', 'leafHashes', 'close'] as const

function backendFrom(given: unknown): AuditBackend {
  // `undefined` is usually a typing mistake, and would record into memory.
  if (typeof given !== 'object' || given === null) {
    throw invalid(`backend must be an instance of a backend, not ${describe(given)}`)
  }
  const methods: { readonly [M in (typeof BACKEND_METHODS)[number]]?: unknown } = given
  const missing = BACKEND_METHODS.find(method => typeof methods[method] !== 'function')
  if (missing !== undefined) throw invalid(`the backend has no method ${missing}`)
  return given as AuditBackend // it has the methods; the testkit tests what they do
}

function signerFrom(given: unknown): Signer | undefined {
  if (given === undefined) return undefined
  const { publicKey, sign }: { readonly publicKey?: unknown; readonly sign?: unknown } = Object(given)
  if (typeof publicKey !== 'string' || typeof sign !== 'function') {
    throw invalid('signer must be what createSigner(privateKey) gives, or { publicKey, sign }')
  }
  const signer = given as Signer // checked above
  return { publicKey, sign: message => signer.sign(message) }
}

function bytesFrom(given: unknown = MAX_PENDING_BYTES): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given > 0) return given
  throw invalid(`maxPendingBytes must be a whole number from 1, not ${shown(given)}`)
}

function prepareFrom(given: unknown): Prepare | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'function') return given as Prepare // what it returns is checked with each entry
  throw invalid(`prepare must be a function, not ${describe(given)}`)
}

function invalid(reason: string) {
  return invalidOptions(OWNER, reason)
}
