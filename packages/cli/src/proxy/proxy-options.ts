import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { nameOf, readSmallFile } from '../trust/small-file.ts'
import { isLoopback } from './gate.ts'
import { KeyNames, readKeyNames } from './key-names.ts'
import { type Upstreams, upstreamsOf } from './upstreams.ts'

/** The options of `audit proxy`, as commander gives them. */
export interface ProxyOptions {
  readonly port: string
  readonly host: string
  readonly upstream?: readonly string[]
  readonly keys?: string
  readonly tokenFile?: string
  readonly maxBody: string
  readonly grace: string
}

/** The options, read and checked. */
export interface ProxySettings {
  readonly host: string
  readonly port: number
  readonly token: string | undefined
  readonly upstreams: Upstreams
  readonly keyNames: KeyNames
  readonly maxBodyBytes: number
  readonly graceMs: number
}

/** A secret does not stand in an argument, where other users of the machine could see it. */
const TOKEN_VARIABLE = 'AUDIT_PROXY_TOKEN'
const MIN_TOKEN = 16
const MIB = 1024 * 1024
const MAX_MIB = 1024
const MAX_GRACE_S = 3600

/**
 * Reads the options.
 *
 * @throws CommandError for a value that cannot be used, a file that cannot be read, and an address that other machines reach
 *   without a token.
 */
export async function proxySettings(context: Context, options: ProxyOptions): Promise<ProxySettings> {
  const { host, keys, upstream } = options
  const token = await tokenOf(context, options)
  if (token === undefined && !isLoopback(host)) {
    throw new CommandError(
      `other machines can reach ${host}, so clients need a token; put one into ${TOKEN_VARIABLE}, or into a file for --token-file`,
    )
  }
  return {
    host,
    port: numberOf('--port', options.port, 0, 65_535),
    token,
    upstreams: upstreamsOf(upstream),
    keyNames: keys === undefined ? new KeyNames() : await readKeyNames(context, keys),
    maxBodyBytes: numberOf('--max-body', options.maxBody, 1, MAX_MIB) * MIB,
    graceMs: numberOf('--grace', options.grace, 0, MAX_GRACE_S) * 1000,
  }
}

async function tokenOf(context: Context, { tokenFile }: ProxyOptions): Promise<string | undefined> {
  const token = tokenFile === undefined ? context.env[TOKEN_VARIABLE] : await tokenIn(context, tokenFile)
  if (token === undefined || token === '') return undefined
  if (token.length >= MIN_TOKEN && /^[\x21-\x7e]+$/.test(token)) return token
  throw new CommandError(
    `the token must be ${MIN_TOKEN} visible ASCII characters or more; make one with openssl rand -hex 32`,
  )
}

async function tokenIn(context: Context, path: string): Promise<string> {
  const text = await readSmallFile(context, path, 'the token')
  const token = text.trim()
  if (token === '') throw new CommandError(`${nameOf(path)} is empty; put the token into it`)
  return token
}

function numberOf(option: string, text: string, min: number, max: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  throw new CommandError(`${option} takes a whole number from ${min} to ${max}, not ${text}`)
}
