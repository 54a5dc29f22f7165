import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Refusal } from './refusal.ts'

/** Who may use the proxy. */
export interface GateOptions {
  /** The address that it listens on. */
  readonly host: string
  /** What a client must send; none is needed on the loopback address. */
  readonly token: string | undefined
}

/** The header that a client sends the token in; it goes no further. */
export const TOKEN_HEADER = 'x-audit-token'

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Lets in who may use the proxy: programs of this machine, and others with the token; no page that a browser shows. */
export class Gate {
  readonly #names: ReadonlySet<string> | undefined
  readonly #token: Buffer | undefined

  constructor({ host, token }: GateOptions) {
    // A page of another site cannot know the token, so the name that the machine goes by need not be known.
    this.#names = token === undefined ? new Set([...LOOPBACK_NAMES, host]) : undefined
    this.#token = token === undefined ? undefined : digestOf(token)
  }

  /** @throws Refusal for a request that may not come in. */
  check({ headers }: IncomingMessage): void {
    if (headers.origin !== undefined || isOfAnotherSite(headers['sec-fetch-site'])) {
      throw new Refusal(
        403,
        'browser_refused',
        'pages in a browser may not use this proxy; call it from a program',
      )
    }
    if (this.#names && !this.#names.has(nameOf(headers.host))) {
      throw new Refusal(403, 'unknown_host', 'the Host header must name this machine, such as 127.0.0.1')
    }
    if (this.#token && !this.#isToken(headers[TOKEN_HEADER])) {
      throw new Refusal(401, 'token_required', `the header ${TOKEN_HEADER} must hold the token of this proxy`)
    }
  }

  #isToken(given: string | readonly string[] | undefined): boolean {
    return (
      typeof given === 'string' && this.#token !== undefined && timingSafeEqual(digestOf(given), this.#token)
    )
  }
}

function isOfAnotherSite(site: string | readonly string[] | undefined): boolean {
  return site === 'cross-site' || site === 'same-site'
}

/** The name in a Host header, without its port. */
function nameOf(host = ''): string {
  return host.toLowerCase().replace(/:\d*$/, '')
}

/** Of one length, so that comparing tells nothing. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
