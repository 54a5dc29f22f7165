import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

/**
 * Says who may see the page: whoever has the address that was printed. Its token is good once, and becomes a cookie that
 * scripts cannot read and that other sites cannot make a browser send.
 */
export class Guard {
  readonly #hosts: ReadonlySet<string>
  readonly #cookie: string
  readonly #secret = newSecret()
  #token: string | undefined = newSecret()

  /** @param port of the server. Cookies do not tell ports apart, so that it is in the cookie's name. */
  constructor(port: number) {
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`])
    this.#cookie = `audit_view_${port}`
  }

  /** The token for the address, until it was used. */
  get token(): string | undefined {
    return this.#token
  }

  /** Refuses what is not a reading of this page by a browser that was let in. */
  readonly check: MiddlewareHandler = async (context, next) => {
    const { req } = context
    const refuse = (status: ErrorStatus, code: string, message: string) =>
      refusal(context, status, code, message)
    // A name that somebody else's DNS points here would make their page one with this one.
    if (!this.#hosts.has(req.header('host') ?? '')) return refuse(421, 'AUDIT_VIEW_HOST', WRONG_HOST)
    if (req.method !== 'GET' && req.method !== 'HEAD') return refuse(405, 'AUDIT_VIEW_METHOD', GET_ONLY)
    if (req.path.startsWith('/assets/')) return next() // they say nothing of the log, and an error needs them too
    const given = req.query('token')
    // A HEAD, as of a preview of a link, must not use the token up.
    if (given !== undefined && req.method === 'GET') return this.#letIn(given, context)
    if (!isSame(getCookie(context, this.#cookie), this.#secret))
      return refuse(401, 'AUDIT_VIEW_TOKEN', NO_TOKEN)
    // Other ports of this machine are the same site, and get the cookie: what they embed or fetch is refused here.
    if (isForeign(req.header('sec-fetch-site')) && !isLink(req.path, req.header('sec-fetch-mode')))
      return refuse(403, 'AUDIT_VIEW_CROSS_SITE', CROSS_SITE)
    return next()
  }

  #letIn(given: string, context: Context): Response {
    const isKnown = isSame(getCookie(context, this.#cookie), this.#secret) // a reload of the printed address
    if (!isKnown && !isSame(given, this.#token)) return refusal(context, 401, 'AUDIT_VIEW_TOKEN', NO_TOKEN)
    if (!isKnown) this.#token = undefined
    setCookie(context, this.#cookie, this.#secret, { httpOnly: true, sameSite: 'Strict', path: '/' })
    const { pathname, searchParams } = new URL(context.req.url)
    searchParams.delete('token')
    const query = searchParams.size > 0 ? `?${searchParams}` : ''
    return context.redirect(`${pathname.replace(/^\/+/, '/')}${query}`, 303)
  }
}

/** The headers of every answer: nothing from elsewhere is loaded, embedded, sent or guessed. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  'cache-control': 'no-store',
}

/** Puts the security headers on every answer, errors included. */
export const secureHeaders: MiddlewareHandler = async (context, next) => {
  await next()
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (name !== 'cache-control' || !context.res.headers.has(name)) context.res.headers.set(name, value)
  }
}

const WRONG_HOST = 'This is not the address of the page. Open the one that audit view printed.'
const GET_ONLY = 'The page only reads: GET and HEAD are all that it answers.'
const NO_TOKEN =
  'Open the address that audit view printed, with its token. It is good once: to open the page in another browser, start audit view again.'
const CROSS_SITE = 'Another site asked for this. Open the page in a tab of its own.'

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function isSame(given: string | undefined, secret: string | undefined): boolean {
  if (given === undefined || secret === undefined) return false
  const [a, b] = [Buffer.from(given), Buffer.from(secret)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Browsers say where a request comes from. */
function isForeign(site: string | undefined): boolean {
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/** Whether somebody followed a link to a view, which is fine from anywhere. */
function isLink(path: string, mode: string | undefined): boolean {
  return mode === 'navigate' && !path.startsWith('/api/')
}

type ErrorStatus = 401 | 403 | 405 | 421

/** A browser sends no strict cookie to a link on another site, but sends it from here: to the same address, to lose no view. */
const TRY_AGAIN = '<p>Is the page open in this browser already? <a href="">Then go on to it</a>.</p>'

/** For people a page, for programs JSON. The texts are our own: nothing of the request is in them. */
function refusal(context: Context, status: ErrorStatus, code: string, message: string): Response {
  const isForPeople = context.req.header('accept')?.includes('text/html') === true
  if (!isForPeople) return context.json({ code, message }, status)
  return context.html(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<title>audit view</title><link rel="stylesheet" href="/assets/style.css">` +
      `<main class="refusal"><h1>Not open here</h1><p>${message}</p>${TRY_AGAIN}</main></html>`,
    status,
  )
}
