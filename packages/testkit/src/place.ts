import assert, { AssertionError } from 'node:assert/strict'
import { type AuditBackend, AuditLog, type BackendSupport, type Signer } from '@audit/core'
import { Calls } from './calls.ts'
import { shown } from './failure.ts'
import { joiningPages } from './joined-pages.ts'
import { withinTime } from './time-limit.ts'
import { watchedBackend } from './watched-backend.ts'

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
  readonly inspect: boolean
  readonly readOnly: boolean
}

/** A place that has entries already: no case says anything then. */
export class PlaceNotEmpty extends AssertionError {
  constructor(message: string) {
    super({ message })
  }
}

/** The place of one case, which remembers what the case opened. */
export class Place {
  readonly supports: Offer
  /** What the case asks of the backend. */
  readonly calls = new Calls()
  readonly #place: BackendPlace
  readonly #create: CreatePlace
  /** Those that the case has not closed itself. */
  readonly #instances = new Set<AuditBackend>()
  readonly #ofLogs: AuditBackend[] = []
  readonly #logs: AuditLog[] = []
  #another: Place | undefined
  /** The instance that was asked what it supports; the case gets it as its first. */
  #asked: AuditBackend | undefined

  private constructor(place: BackendPlace, create: CreatePlace) {
    this.#place = place
    this.#create = create
    this.#asked = this.#make(() => place.open())
    const { supports, subtrees, inspect } = this.#asked
    this.supports = {
      persistence: supports?.persistence === true, // it may be missing: nothing of a backend is believed
      sharing: supports?.sharing === true,
      subtrees: subtrees !== undefined,
      inspect: inspect !== undefined,
      readOnly: place.openReadOnly !== undefined,
    }
  }

  /** Makes a place. Rejects as `create` does, and when what it gives is no place. */
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

  /** Another instance that may only read, not opened yet. */
  unopenedReadOnly(): AuditBackend {
    return joiningPages(this.#instance(this.#nextReadOnly()))
  }

  /** Another instance that may only read, opened. */
  async openReadOnly(): Promise<AuditBackend> {
    const instance = this.unopenedReadOnly()
    await instance.open()
    return instance
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

  /** A log over another instance that may only read. */
  readOnlyLog(signer?: Signer): AuditLog {
    return this.#log(this.#nextReadOnly(), signer)
  }

  /** A place beside this one, which is cleared away with it. */
  async another(): Promise<Place> {
    this.#another ??= await Place.create(this.#create)
    return this.#another
  }

  /**
   * Closes all that was opened, then clears the place away. Throws the first failure, after having done all of it.
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
    // A log closes its own; only one that fails or hangs leaves it open.
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

  #make(make: () => unknown): AuditBackend {
    const backend = make()
    assert.ok(
      typeof backend === 'object' && backend !== null,
      `open() of the place: a backend is expected, not ${shown(backend)}`,
    )
    return watchedBackend(backend as AuditBackend, this.calls) // as far as anybody knows
  }
}

/** Throws the first failure, once every one was closed or has failed. */
async function allClosed(open: readonly Pick<AuditBackend, 'close'>[]): Promise<void> {
  const results = await Promise.allSettled(open.map(async one => one.close()))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
