import { AuditError } from '../errors.ts'

/**
 * The life cycle of a backend: new, open, closing, closed. Calls before it is open, or once it is closing, reject with
 * `AUDIT_CLOSED`. Closing waits for pending calls.
 *
 * @example
 * class MyBackend implements AuditBackend {
 *   readonly #life = new LifeCycle()
 *   open(): Promise<void> { return this.#life.open(() => this.#store.connect()) }
 *   size(): Promise<number> { return this.#life.run(() => this.#store.size()) }
 *   append(leaves: readonly Leaf[]): Promise<number> { return this.#life.write(() => this.#store.append(leaves)) }
 *   close(): Promise<void> { return this.#life.close(() => this.#store.disconnect()) }
 * }
 */
export class LifeCycle {
  readonly #isReadOnly: boolean
  readonly #running = new Set<Promise<unknown>>()
  #isOpen = false
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** @param isReadOnly whether operations that write are refused. */
  constructor(isReadOnly = false) {
    this.#isReadOnly = isReadOnly
  }

  /**
   * Opens with `start`. Concurrent calls share it; once open, further calls do nothing; after a failure it can be called again.
   *
   * @throws AuditError `AUDIT_CLOSED` once it is closing; and what `start` throws.
   */
  async open(start: () => Promise<void>): Promise<void> {
    this.#assertNotClosing()
    if (this.#isOpen) return
    this.#opening ??= this.#start(start)
    return this.#opening
  }

  /**
   * Runs an operation, for which `close` waits.
   *
   * @throws AuditError `AUDIT_CLOSED` unless it is open; and what the operation throws.
   */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    this.assertOpen()
    return this.#track(operation)
  }

  /** The same for an operation that writes. Also throws AuditError `AUDIT_READ_ONLY`. */
  async write<T>(operation: () => Promise<T>): Promise<T> {
    this.assertOpen()
    this.#assertWritable()
    return this.#track(operation)
  }

  /** The same for an operation that needs no open log, such as creating its tables. */
  async runUnopened<T>(operation: () => Promise<T>): Promise<T> {
    this.#assertNotClosing()
    this.#assertWritable()
    return this.#track(operation)
  }

  /** Throws AuditError `AUDIT_CLOSED` unless it is open. */
  assertOpen(): void {
    if (!this.#isOpen) throw closed()
    this.#assertNotClosing()
  }

  /** Waits for pending operations, then runs `finish`, once, even if it was never opened. */
  close(finish: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#finish(finish)
    return this.#closing
  }

  async #start(start: () => Promise<void>): Promise<void> {
    try {
      await start()
      this.#isOpen = true
    } finally {
      this.#opening = undefined
    }
  }

  async #finish(finish: () => Promise<void>): Promise<void> {
    await Promise.allSettled([this.#opening, ...this.#running]) // their callers get the errors
    await finish()
  }

  async #track<T>(operation: () => Promise<T>): Promise<T> {
    const running = operation()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  #assertNotClosing(): void {
    if (this.#closing) throw closed()
  }

  #assertWritable(): void {
    if (!this.#isReadOnly) return
    throw new AuditError('AUDIT_READ_ONLY', 'the log was opened with readOnly: true, so nothing was changed')
  }
}

function closed(): AuditError {
  return new AuditError('AUDIT_CLOSED', 'the backend is not open')
}
