import { resolve } from 'node:path'
import {
  type AuditBackend,
  type AuditEntry,
  AuditError,
  type Finding,
  type Leaf,
  type Selection,
} from '@audit/core'
import { type Damage, DamageReport, warnOfDamage } from './damage.ts'
import { OpenLog } from './open-log.ts'

/** What `new JsonlBackend` takes. */
export interface JsonlBackendOptions {
  /**
   * The file. It is created when it is missing, its folder is not. A relative path counts from the working directory
   * at the time of the call.
   */
  readonly path: string
  /**
   * Told once of each line that is no entry. It must be quick; what it throws is shown as a warning.
   * Default: `process.emitWarning` for the first ten.
   */
  readonly onDamage?: (damage: Damage) => void
}

const OPTION_KEYS: readonly string[] = ['path', 'onDamage'] satisfies (keyof JsonlBackendOptions)[]

/**
 * Keeps a log in a text file: one entry a line, as canonical JSON (RFC 8785). Any number of instances, threads and
 * processes may have the file open; each `append` survives power loss once it resolves.
 *
 * @example
 * const log = new AuditLog({ backend: new JsonlBackend({ path: 'audit.jsonl' }) })
 */
export class JsonlBackend implements AuditBackend {
  readonly supports = Object.freeze({ persistence: true, sharing: true })
  readonly #path: string
  readonly #onDamage: (damage: Damage) => void
  /** What is under way, for `close` to wait for. */
  readonly #running = new Set<Promise<unknown>>()
  #log: OpenLog | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** @throws AuditError `AUDIT_INVALID_OPTIONS`. Touches no file yet. */
  constructor(options: JsonlBackendOptions) {
    const { path, onDamage } = checkOptions(options)
    this.#path = resolve(path)
    this.#onDamage = onDamage ?? warnOfDamage(this.#path)
  }

  /**
   * Opens the file and reads it once, to know where each entry stands.
   *
   * @throws AuditError `AUDIT_OPEN_FAILED` when it cannot be read and written, or is no file;
   *   `AUDIT_UNSUPPORTED_FORMAT` when it begins as a file of another kind; `AUDIT_BUSY`; `AUDIT_CLOSED`.
   */
  async open(): Promise<void> {
    if (this.#closing) throw closed()
    this.#opening ??= this.#whileRunning(this.#open()).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /**
   * Appends the leaves and resolves once they would survive power loss.
   *
   * @throws AuditError `AUDIT_WRITE_FAILED`, also where the file was deleted or replaced, or has one of the ids;
   *   `AUDIT_BUSY`; `AUDIT_CORRUPT` where the file was cut; `AUDIT_INVALID_ENTRY` for an entry of more than
   *   512 MiB; `AUDIT_CLOSED`. After each of them, nothing was stored.
   */
  append(leaves: readonly Leaf[]): Promise<number> {
    return this.#run('AUDIT_WRITE_FAILED', log => log.append(leaves))
  }

  size(): Promise<number> {
    return this.#run('AUDIT_READ_FAILED', log => log.size())
  }

  read(start: number, end: number): Promise<AuditEntry[]> {
    return this.#run('AUDIT_READ_FAILED', log => log.read(start, end))
  }

  find(selection: Selection): Promise<AuditEntry[]> {
    return this.#run('AUDIT_READ_FAILED', log => log.find(selection))
  }

  count(selection: Selection): Promise<number> {
    return this.#run('AUDIT_READ_FAILED', log => log.count(selection))
  }

  leafHashes(start: number, end: number): Promise<Uint8Array> {
    return this.#run('AUDIT_READ_FAILED', log => log.leafHashes(start, end))
  }

  /** The lines of the file that are no entries, in its order; the first 10,000 where there are more. */
  damage(): Promise<readonly Damage[]> {
    return this.#run('AUDIT_READ_FAILED', log => log.damages())
  }

  /** Damaged lines, and entries that are not spelt as this package writes them. Reads the whole file. */
  inspect(): Promise<readonly Finding[]> {
    return this.#run('AUDIT_READ_FAILED', log => log.inspect())
  }

  /**
   * Waits for what is under way, then lets go of the file. Closing twice is fine.
   *
   * @throws AuditError `AUDIT_WRITE_FAILED` when a failed write could not be taken back: its entries may then be found.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #open(): Promise<void> {
    this.#log ??= await OpenLog.open(this.#path, new DamageReport(this.#onDamage))
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running)
    await this.#log?.close()
  }

  async #run<T>(
    code: 'AUDIT_WRITE_FAILED' | 'AUDIT_READ_FAILED',
    operation: (log: OpenLog) => Promise<T>,
  ): Promise<T> {
    if (!this.#log || this.#closing) throw closed()
    try {
      return await this.#whileRunning(operation(this.#log))
    } catch (error) {
      const what = code === 'AUDIT_WRITE_FAILED' ? 'nothing was stored in' : 'cannot read'
      throw AuditError.wrap(error, code, `${what} ${this.#path}`)
    }
  }

  async #whileRunning<T>(operation: Promise<T>): Promise<T> {
    this.#running.add(operation)
    try {
      return await operation
    } finally {
      this.#running.delete(operation)
    }
  }
}

function checkOptions(options: unknown): JsonlBackendOptions {
  if (typeof options !== 'object' || options === null) throw invalid('the options are an object with a path')
  for (const key of Object.keys(options)) {
    if (!OPTION_KEYS.includes(key)) {
      throw invalid(`unknown option ${JSON.stringify(key)}; there are ${OPTION_KEYS.join(' and ')}`)
    }
  }
  const { path, onDamage } = options as Partial<Record<keyof JsonlBackendOptions, unknown>> // checked here
  if (typeof path !== 'string' || path === '') throw invalid('path must name the file')
  if (path.includes('\0')) throw invalid('path must not contain NUL')
  if (onDamage === undefined) return { path }
  if (typeof onDamage !== 'function') throw invalid('onDamage must be a function')
  return { path, onDamage: damage => onDamage(damage) }
}

function invalid(reason: string): AuditError {
  return new AuditError('AUDIT_INVALID_OPTIONS', reason)
}

function closed(): AuditError {
  return new AuditError('AUDIT_CLOSED', 'the backend is not open')
}
