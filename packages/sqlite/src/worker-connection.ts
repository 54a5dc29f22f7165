import { Worker } from 'node:worker_threads'
import { AuditError, type AuditErrorCode } from '@audit/core'
import workerSource from '#worker-source'
import { unpackFailure } from './packed-failure.ts'
import type { Operations, Request, Response, WorkerSetup } from './protocol.ts'

/** A request has no answer because its thread died; nobody knows whether it was done. */
export class ThreadDied extends AuditError {}

/** Else a thread that reads many rows lets 192 MB of garbage gather, and is no faster for it. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 16 }

/** Every other operation reads. */
const FAILED: Partial<Record<keyof Operations, AuditErrorCode>> = {
  open: 'AUDIT_OPEN_FAILED',
  unindexed: 'AUDIT_OPEN_FAILED',
  createIndex: 'AUDIT_OPEN_FAILED',
  openReadOnly: 'AUDIT_OPEN_FAILED',
  append: 'AUDIT_WRITE_FAILED',
  keepRoots: 'AUDIT_WRITE_FAILED',
}

interface Pending {
  readonly operation: Request['operation']
  readonly resolve: (value: unknown) => void
  readonly reject: (error: AuditError) => void
}

/**
 * A connection to the database in its own thread, which the first request starts. So neither a commit nor another process's
 * lock blocks the application. The thread keeps the process alive only while a request is pending.
 */
export class WorkerConnection {
  readonly #setup: () => WorkerSetup
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #lastId = 0

  /** @param setup is called whenever a worker is started: at first, and after one has died. */
  constructor(setup: () => WorkerSetup) {
    this.#setup = setup
  }

  /** Whether there is a thread, and so an open connection. */
  get isRunning(): boolean {
    return this.#worker !== undefined
  }

  /** Sends a request. Requests are answered in their order. Rejects with the worker's `AuditError`, or if the worker dies. */
  request<K extends keyof Operations>(
    operation: K,
    args: Parameters<Operations[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<Operations[K]>> {
    // The worker answers each operation with the type in Operations.
    return this.#send(operation, args, transfer) as Promise<ReturnType<Operations[K]>>
  }

  /** Waits for the answers to earlier requests, then ends the thread. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    try {
      await this.#send('close', [], [])
    } finally {
      await worker.terminate()
    }
  }

  #send(
    operation: Request['operation'],
    args: readonly unknown[],
    transfer: readonly ArrayBuffer[],
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#worker ??= this.#start()
      this.#worker.postMessage({ id, operation, args } satisfies Request, transfer)
      if (this.#pending.size === 0) this.#worker.ref()
      this.#pending.set(id, { operation, resolve, reject })
    })
  }

  #start(): Worker {
    // The application's flags, such as loaders, are not for the worker.
    const worker = new Worker(workerSource, {
      eval: true,
      execArgv: [],
      workerData: this.#setup(),
      resourceLimits: RESOURCE_LIMITS,
    })
    let cause: unknown
    worker.on('message', (response: Response) => this.#settle(response))
    worker.on('error', error => {
      cause = error
    })
    worker.on('exit', () => this.#abandon(worker, cause))
    worker.unref()
    return worker
  }

  #settle(response: Response): void {
    const pending = this.#pending.get(response.id)
    this.#pending.delete(response.id)
    if (this.#pending.size === 0) this.#worker?.unref()
    if ('failure' in response) pending?.reject(unpackFailure(response.failure))
    else pending?.resolve(response.value)
  }

  #abandon(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const abandoned = [...this.#pending.values()]
    this.#pending.clear()
    for (const { operation, resolve, reject } of abandoned) {
      if (operation === 'close') resolve(undefined)
      else
        reject(
          new ThreadDied(FAILED[operation] ?? 'AUDIT_READ_FAILED', "the database's thread has died", {
            cause,
          }),
        )
    }
  }
}
