/** Where one log is kept: new and empty, and cleared away at the end of the block. */
export interface Place extends AsyncDisposable {
  /** What another process is told to find it: the path of a file, or the name of a log. */
  readonly address: string
  /** Resolves once nothing is under way any more that a process asked for before it was killed. */
  settled(): Promise<void>
}
