import type { Command } from 'commander'

/** The options that say whose signatures count, as commander gives them. */
export interface TrustOptions {
  /** A public key, or the file that holds it. */
  readonly key?: string
  /** The file of a witness policy. */
  readonly policy?: string
}

/** Adds these options; `trustFrom` reads them. */
export function addTrustOptions(command: Command): Command {
  return command
    .option('--key <key>', "the log's public key, or a file that holds it")
    .option('--policy <file>', 'which witnesses must have cosigned (C2SP tlog-policy)')
}

/** Adds the option `--checkpoint`, which may be repeated. */
export function addCheckpointOption(command: Command, description: string): Command {
  return command.option(
    '--checkpoint <file>',
    description,
    (value: string, earlier: readonly string[] = []) => [...earlier, value],
  )
}
