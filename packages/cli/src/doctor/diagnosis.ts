/** `problem`: the log cannot be used, or has lost something. `warning`: it may come to that. */
export type Level = 'ok' | 'note' | 'warning' | 'problem'

/** What was found out about one aspect of a log. */
export interface Diagnosis {
  /** The aspect: `permissions`. */
  readonly about: string
  readonly level: Level
  readonly message: string
  /** What to do about it. */
  readonly advice?: string
}
