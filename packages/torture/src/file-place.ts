import { TemporaryFolder } from '@audit/harness'
import type { Place } from './place.ts'

/** A file in a folder of its own. */
export class FilePlace implements Place {
  readonly address: string
  readonly #folder = new TemporaryFolder()

  constructor(fileName: string) {
    this.address = this.#folder.file(fileName)
  }

  async settled(): Promise<void> {} // the system call that was under way ended before the process did

  async [Symbol.asyncDispose](): Promise<void> {
    this.#folder[Symbol.dispose]()
  }
}
