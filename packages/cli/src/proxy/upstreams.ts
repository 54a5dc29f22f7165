import { providerAt } from '@audit/capture'
import { CommandError } from '../command-error.ts'
import { Refusal } from './refusal.ts'

/** A provider that calls are forwarded to. */
export interface Upstream {
  /** The first part of a path here: `openai` in `/openai/v1/responses`. */
  readonly name: string
  /** What the rest of the path is put behind. */
  readonly base: URL
  /** The provider's name in the log: by its host where that is known, otherwise the upstream's. */
  readonly provider: string
}

const DEFAULTS: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com',
  anthropic: 'https://api.anthropic.com',
}

/** The providers that calls are forwarded to, by name. */
export type Upstreams = ReadonlyMap<string, Upstream>

/**
 * OpenAI and Anthropic, and what the option `--upstream name=address` adds or replaces.
 *
 * @throws CommandError for an address that cannot be used.
 */
export function upstreamsOf(given: readonly string[] = []): Upstreams {
  const pairs = [...Object.entries(DEFAULTS), ...given.map(pairOf)]
  return new Map(pairs.map(([name, address]) => [name, upstreamOf(name, address)]))
}

function pairOf(pair: string): readonly [string, string] {
  const [, name, address] = /^([a-z\d][a-z\d._-]*)=(.+)$/.exec(pair) ?? []
  if (name !== undefined && address !== undefined) return [name, address]
  throw new CommandError(
    '--upstream takes a name of lower-case letters and an address, such as groq=https://api.groq.com/openai',
  )
}

function upstreamOf(name: string, address: string): Upstream {
  const base = URL.parse(address)
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new CommandError(`the address of --upstream ${name} must begin with https:// or http://`)
  }
  if (base.username || base.password || base.search || base.hash) {
    throw new CommandError(
      `the address of --upstream ${name} must hold no user, password, query or fragment; clients send their keys`,
    )
  }
  return { name, base, provider: providerAt(base.host) ?? name }
}

/** Where a request goes. */
export interface Destination {
  readonly upstream: Upstream
  readonly url: URL
}

/**
 * Where the request for a path here goes.
 *
 * @throws Refusal for a path that names no upstream, and for one that would leave the upstream's own.
 */
export function destinationOf(upstreams: Upstreams, path: string): Destination {
  const [, name = '', rest = ''] = /^\/([^/?#]+)([/?].*)?$/.exec(path) ?? []
  const upstream = upstreams.get(name)
  if (!upstream) {
    const known = [...upstreams.keys()].map(key => `/${key}`).join(', ')
    throw new Refusal(404, 'unknown_upstream', `the path must begin with one of ${known}; see --upstream`)
  }
  const prefix = upstream.base.pathname.replace(/\/$/, '')
  const url = URL.parse(`${upstream.base.origin}${prefix}${rest}`)
  const staysInside = url?.pathname === prefix || url?.pathname.startsWith(`${prefix}/`)
  if (url?.origin === upstream.base.origin && staysInside && !climbs(rest)) return { upstream, url }
  throw new Refusal(400, 'invalid_path', 'the path leads out of the upstream')
}

/** Whether any server on the way may read a `.` or `..` in a path, however it is encoded, and go to another folder. */
function climbs(rest: string): boolean {
  const [path = ''] = rest.split('?')
  const segments = decoded(path).split(/[/\\]/)
  return segments.some(segment => /^\.\.?(?:;|$)/.test(segment)) // some servers cut off what follows a semicolon
}

/** A path without percent signs that encode its ASCII characters, however many times they are encoded. */
function decoded(path: string): string {
  let [before, after] = ['', path]
  while (before !== after) {
    before = after
    after = before.replace(/%(?:25)*([0-7][\da-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
  return after
}
