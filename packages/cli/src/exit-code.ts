/** How a command ends: what scripts act on. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** The command did its work and found something: damage, a false receipt. */
  finding: 1,
  /** The command could not do its work. */
  failed: 2,
  /** The log is whole as far as it alone can tell: no checkpoint was there to compare it with. */
  unanchored: 3,
  /** Ctrl-C. */
  interrupted: 130,
} as const

/** A value of `EXIT`, or 128 and the number of another signal. */
export type ExitCode = number
