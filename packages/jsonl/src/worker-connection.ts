import { Worker } from 'node:worker_threads'
import workerSource from '#worker-source'
import type { Damage } from './damage.ts'
import { type Message, type Operations, type Request, unpackFailure, type WorkerSetup } from './protocol.ts'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Why a request has no answer: the thread died before it had one. What was to be appended may be in the file. */
export class WorkerDeath extends Error {
  override readonly name = 'WorkerDeath'
}

/**
 * The open log, in a thread of its own that the first request starts: neither a sync nor waiting for another process's
 * lock holds up the application, and the application holds up no lock. It keeps the process alive only while a request
 * is pending.
 */
export class WorkerConnection {
  readonly #setup: () => WorkerSetup
  readonly #onDamage: (damages: readonly Damage[]) => void
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #lastId = 0

  /** @param setup is asked whenever a worker is started: at first, and after one has died. */
  constructor(setup: () => WorkerSetup, onDamage: (damages: readonly Damage[]) => void) {
    this.#setup = setup
    this.#onDamage = onDamage
  }

  /** Rejects with the worker's `AuditError`, and with a `WorkerDeath` when the worker dies meanwhile. */
  request<K extends keyof Operations>(
    operation: K,
    args: Parameters<Operations[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<Operations[K]>> {
    const answer = new Promise<unknown>((resolve, reject) => {
      const id = ++this.#lastId
      this.#worker ??= this.#start()
      this.#worker.postMessage({ id, operation, args } satisfies Request, transfer)
      if (this.#pending.size === 0) this.#worker.ref()
      this.#pending.set(id, { resolve, reject })
    })
    return answer as Promise<ReturnType<Operations[K]>> // which is what the worker answers
  }

  /** Whether there is a thread. */
  get isRunning(): boolean {
    return this.#worker !== undefined
  }

  /** Ends the thread, whatever it is doing. */
  async terminate(): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    // Flags of the application, such as loaders, are not meant for it.
    const worker = new Worker(workerSource, { eval: true, execArgv: [], workerData: this.#setup() })
    let cause: unknown
    worker.on('message', (message: Message) => this.#take(message))
    worker.on('error', error => {
      cause = error
    })
    worker.on('exit', () => this.#abandon(worker, cause))
    worker.unref()
    return worker
  }

  #take(message: Message): void {
    if ('damages' in message) {
      this.#onDamage(message.damages)
      return
    }
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if (this.#pending.size === 0) this.#worker?.unref()
    if ('failure' in message) pending?.reject(unpackFailure(message.failure))
    else pending?.resolve(message.value)
  }

  #abandon(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const abandoned = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of abandoned) reject(new WorkerDeath("the log's thread has died", { cause }))
  }
}
