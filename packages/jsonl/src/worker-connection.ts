import { Worker } from 'node:worker_threads'
import workerSource from '#worker-source'
import type { Damage } from './damage.ts'
import { type Message, type Operations, type Request, unpackFailure, type WorkerSetup } from './protocol.ts'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** A request has no answer because the thread died. The batch of an `append` may be in the file. */
export class WorkerDeath extends Error {
  override readonly name = 'WorkerDeath'
}

/**
 * The open log in its own thread, which the first request starts. So neither a sync nor another process's lock blocks the
 * application, and a busy application does not prolong a lock. The thread keeps the process alive only while a request is
 * pending.
 */
export class WorkerConnection {
  readonly #setup: () => WorkerSetup
  readonly #onDamage: (damages: readonly Damage[]) => void
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #lastId = 0

  /** @param setup is called whenever a worker is started: at first, and after one has died. */
  constructor(setup: () => WorkerSetup, onDamage: (damages: readonly Damage[]) => void) {
    this.#setup = setup
    this.#onDamage = onDamage
  }

  /** Rejects with the worker's `AuditError`, or with a `WorkerDeath` if the worker dies meanwhile. */
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
    return answer as Promise<ReturnType<Operations[K]>> // the type that the worker answers with
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
    // The application's flags, such as loaders, are not for the worker.
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
