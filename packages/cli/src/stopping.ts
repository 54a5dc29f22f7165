import { constants } from 'node:os'
import { EXIT, type ExitCode } from './exit-code.ts'

/** Why the context's signal was aborted: somebody ended the command, as with Ctrl-C. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  /** 130 for Ctrl-C: 128 and the number of the signal. */
  readonly exitCode: ExitCode

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`)
    this.exitCode = signal === 'SIGINT' ? EXIT.interrupted : 128 + constants.signals[signal]
  }
}

/** Why the context's signal was aborted: nobody reads the output any more, as behind `| head`. */
export class ClosedPipe extends Error {
  override readonly name = 'ClosedPipe'

  constructor() {
    super('nobody reads the output any more')
  }
}
