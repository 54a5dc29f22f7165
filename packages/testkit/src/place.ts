import { type AuditBackend, AuditLog, type BackendSupport, type Signer } from '@audit/core'

/** A fresh, empty place for one log. */
export interface BackendPlace {
  /** Makes an instance on this place, not opened yet. Called again, it makes another one on the same data. */
  readonly open: () => AuditBackend
  /** Makes an instance on this place that may only read, not opened yet. Leave it out where a backend has none. */
  readonly openReadOnly?: () => AuditBackend
  /** Clears the place away. Called once, after every instance was closed, also when the case failed. */
  readonly teardown: () => unknown
}

/** Makes a place; each case has its own. */
export type CreatePlace = () => BackendPlace | Promise<BackendPlace>

/** What a backend promises, and which of the optional members it has. */
export interface Offer extends BackendSupport {
  readonly subtrees: boolean
}

/** The place of one case, which remembers what the case opened. */
export class Place {
  readonly supports: Offer
  readonly #place: BackendPlace
  readonly #instances = new Set<AuditBackend>()
  readonly #logs: AuditLog[] = []
  /** The instance that was asked what it supports; the case gets it as its first. */
  #asked: AuditBackend | undefined

  constructor(place: BackendPlace) {
    this.#place = place
    this.#asked = place.open()
    this.supports = { ...this.#asked.supports, subtrees: this.#asked.subtrees !== undefined }
  }

  /** Another instance, not opened yet. */
  unopened(): AuditBackend {
    const instance = this.#next()
    this.#instances.add(instance)
    return instance
  }

  /** Another instance, opened. */
  async open(): Promise<AuditBackend> {
    const instance = this.unopened()
    await instance.open()
    return instance
  }

  /** Closes an instance and opens a new one on the same data. */
  async reopen(instance: AuditBackend): Promise<AuditBackend> {
    this.#instances.delete(instance)
    await instance.close()
    return this.open()
  }

  /** A log over another instance. */
  log(signer?: Signer): AuditLog {
    const log = new AuditLog({ backend: this.#next(), ...(signer && { signer }) })
    this.#logs.push(log)
    return log
  }

  /** Closes all that was opened, then clears the place away. Throws the first failure, after having done all of it. */
  async dispose(): Promise<void> {
    const closed = [
      ...(await Promise.allSettled(this.#logs.map(log => log.close()))),
      ...(await Promise.allSettled([...this.#instances].map(async instance => instance.close()))),
    ]
    await this.#place.teardown()
    for (const result of closed) if (result.status === 'rejected') throw result.reason
  }

  #next(): AuditBackend {
    const instance = this.#asked ?? this.#place.open()
    this.#asked = undefined
    return instance
  }
}
