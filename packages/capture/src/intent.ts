/** The intent of a call: an entry that is stored before the request leaves, and that the entry of the call is about. */
export class Intent {
  #stored: Promise<string | undefined> | undefined
  #isTakenOver = false

  /** Stores it, if it is not stored yet. Rejects as `record` does. */
  async store(record: () => Promise<string | undefined>): Promise<void> {
    this.#stored ??= record()
    await this.#stored
  }

  /** Leaves it to a call within this one, the first that asks the same: it needs none of its own then, and ends this one. */
  leaveTo(inner: Intent): void {
    if (this.#isTakenOver || !this.#stored) return
    inner.#stored = this.#stored
    this.#isTakenOver = true
  }

  /** Whether another call ends it. */
  get isTakenOver(): boolean {
    return this.#isTakenOver
  }

  /** The id of its entry. One that failed under a handler of the application's own has none, and the call went on. */
  async id(): Promise<string | undefined> {
    return this.#stored?.catch(() => undefined)
  }
}
