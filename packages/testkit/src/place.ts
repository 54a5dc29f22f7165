import assert, { AssertionError } from 'node:assert/strict'
import { type AuditBackend, AuditLog, type BackendSupport, type Signer } from '@audit/core'
import { Calls } from './calls.ts'
import { shown } from './failure.ts'
import { joiningPages } from './joined-pages.ts'
import { withinTime } from './time-limit.ts'
import { watchedBackend } from './watched-backend.ts'

/** A new, empty place for one log. */
export interface BackendPlace {
  /** Returns a new instance on this place, not opened yet. Each call returns another one on the same data. */
  readonly open: () => AuditBackend
  /** Returns a new read-only instance on this place, not opened yet. Omit it if the backend has no read-only mode. */
  readonly openReadOnly?: () => AuditBackend
  /**
   * Returns a new instance on this place, not opened yet, with these keys of the metadata named in its option
   * `metadataIndexes`. Omit it if the backend has no such option.
   */
  readonly openIndexed?: (metadataIndexes: readonly string[]) => AuditBackend
  /** Removes the place. Called once, after every instance was closed, even if the case failed. */
  readonly teardown: () => unknown
}

/** Creates a place; each case has its own. */
export type CreatePlace = () => BackendPlace | Promise<BackendPlace>

/** What a backend promises, and which optional members it has. */
export interface Offer extends BackendSupport {
  readonly subtrees: boolean
  readonly inspect: boolean
  readonly readOnly: boolean
  readonly metadataIndexes: boolean
  readonly summarize: boolean
  readonly digests: boolean
}

/** The place already has entries, so no case would prove anything. */
export class PlaceNotEmpty extends AssertionError {
  constructor(message: string) {
    super({ message })
  }
}

/** The place of one case, which remembers what the case opened. */
export class Place {
  readonly supports: Offer
  /** The calls of the case to the backend. */
  readonly calls = new Calls()
  readonly #place: BackendPlace
  readonly #create: CreatePlace
  /** To be closed after the case. */
  readonly #instances = new Set<AuditBackend>()
  readonly #ofLogs: AuditBackend[] = []
  readonly #logs: AuditLog[] = []
  #another: Place | undefined
  /** The instance that said what it supports; the case gets it as its first. */
  #asked: AuditBackend | undefined

  private constructor(place: BackendPlace, create: CreatePlace) {
    this.#place = place
    this.#create = create
    this.#asked = this.#make(() => place.open())
    const { supports, subtrees, inspect, summarize, digests } = this.#asked
    this.supports = {
      persistence: supports?.persistence === true, // a broken backend may have no `supports`
      sharing: supports?.sharing === true,
      subtrees: subtrees !== undefined,
      inspect: inspect !== undefined,
      readOnly: place.openReadOnly !== undefined,
      metadataIndexes: place.openIndexed !== undefined,
      summarize: summarize !== undefined,
      digests: digests !== undefined,
    }
  }

  /** Creates a place. Rejects as `create` does, or if its result is not a place. */
  static async create(create: CreatePlace): Promise<Place> {
    const place = await create()
    assert.ok(typeof place === 'object' && place !== null, `create: a place is expected, not ${shown(place)}`)
    assert.equal(typeof place.open, 'function', 'the open() of what create() gave')
    assert.equal(typeof place.teardown, 'function', 'the teardown() of what create() gave')
    return new Place(place, create)
  }

  /** Another instance, not opened yet. */
  unopened(): AuditBackend {
    return joiningPages(this.#instance(this.#next()))
  }

  /** Another instance, opened. */
  async open(): Promise<AuditBackend> {
    const instance = this.unopened()
    await instance.open()
    return instance
  }

  /** Another instance, opened, whose pages end where the backend ends them. */
  async openPaged(): Promise<AuditBackend> {
    const instance = this.#instance(this.#next())
    await instance.open()
    return instance
  }

  /** Another read-only instance, not opened yet. */
  unopenedReadOnly(): AuditBackend {
    return joiningPages(this.#instance(this.#nextReadOnly()))
  }

  /** Another read-only instance, opened. */
  async openReadOnly(): Promise<AuditBackend> {
    const instance = this.unopenedReadOnly()
    await instance.open()
    return instance
  }

  /** Another instance with named keys, opened. */
  async openIndexed(metadataIndexes: readonly string[]): Promise<AuditBackend> {
    const instance = joiningPages(this.#instance(this.#nextIndexed(metadataIndexes)))
    await instance.open()
    return instance
  }

  /** A log over another instance with named keys. */
  indexedLog(metadataIndexes: readonly string[]): AuditLog {
    return this.#log(this.#nextIndexed(metadataIndexes), undefined)
  }

  /** Closes an instance and opens a new one on the same data. */
  async reopen(instance: AuditBackend): Promise<AuditBackend> {
    await instance.close()
    return this.open()
  }

  /** A log over another instance. */
  log(signer?: Signer): AuditLog {
    return this.#log(this.#next(), signer)
  }

  /** A log over another read-only instance. */
  readOnlyLog(signer?: Signer): AuditLog {
    return this.#log(this.#nextReadOnly(), signer)
  }

  /** Another place, which is removed with this one. */
  async another(): Promise<Place> {
    this.#another ??= await Place.create(this.#create)
    return this.#another
  }

  /**
   * Closes everything that was opened, then removes the place. Continues after a failure, and throws the first at the end.
   *
   * @param ms how long each step may take.
   */
  async dispose(ms: number): Promise<void> {
    const failures: unknown[] = []
    const step = async (work: Promise<unknown>, what: () => string): Promise<void> => {
      await withinTime(ms, work, what).catch(error => failures.push(error))
    }
    await step(allClosed(this.#logs), () => this.calls.underWay())
    await step(allClosed([...this.#instances]), () => this.calls.underWay())
    // A log closes its backend, unless it fails or hangs.
    if (failures.length > 0) for (const backend of this.#ofLogs) backend.close().catch(() => {})
    await step(this.#clear(), () => 'teardown')
    await this.#another?.dispose(ms).catch(error => failures.push(this.#another?.calls.explain(error)))
    if (failures.length > 0) throw failures[0]
  }

  async #clear(): Promise<void> {
    await this.#place.teardown()
  }

  #log(backend: AuditBackend, signer: Signer | undefined): AuditLog {
    this.#ofLogs.push(backend)
    const log = new AuditLog({ backend, ...(signer && { signer }) })
    this.#logs.push(log)
    return log
  }

  #instance(backend: AuditBackend): AuditBackend {
    this.#instances.add(backend)
    return backend
  }

  #next(): AuditBackend {
    const instance = this.#asked ?? this.#make(() => this.#place.open())
    this.#asked = undefined
    return instance
  }

  #nextReadOnly(): AuditBackend {
    const { openReadOnly } = this.#place
    assert.ok(openReadOnly, 'openReadOnly')
    return this.#make(() => this.#place.openReadOnly?.())
  }

  #nextIndexed(metadataIndexes: readonly string[]): AuditBackend {
    const { openIndexed } = this.#place
    assert.ok(openIndexed, 'openIndexed')
    return this.#make(() => this.#place.openIndexed?.(metadataIndexes))
  }

  #make(make: () => unknown): AuditBackend {
    const backend = make()
    assert.ok(
      typeof backend === 'object' && backend !== null,
      `open() of the place: a backend is expected, not ${shown(backend)}`,
    )
    return watchedBackend(backend as AuditBackend, this.calls) // or nearly so: every answer is checked
  }
}

/** Closes all, then throws the first failure. */
async function allClosed(open: readonly Pick<AuditBackend, 'close'>[]): Promise<void> {
  const results = await Promise.allSettled(open.map(async one => one.close()))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
