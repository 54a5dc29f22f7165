/** What `stat` says of which file a path leads to. */
interface FileStats {
  readonly dev: number | bigint
  readonly ino: number | bigint
}

/** What tells a file from all others on this machine, whatever it is called. */
export function identityOf({ dev, ino }: FileStats): string {
  return `${dev} ${ino}`
}
