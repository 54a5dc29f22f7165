import { AuditError, type AuditLog, type Filter } from '@audit/core'
import { type Context, Hono } from 'hono'
import { CommandError } from '../command-error.ts'
import type { Filters } from '../filters/filters.ts'
import { plainMessage } from '../output/plain-message.ts'
import { filtersOfAddress } from './address-filter.ts'
import { ICON, readAsset, SHELL } from './assets.ts'
import type {
  EntryDetail,
  EntryPage,
  Lookup,
  MatchCount,
  Neighbours,
  Related,
  SessionPage,
  Values,
} from './contract.ts'
import { startDownload } from './downloads.ts'
import { detailOf, findEntry } from './entry-detail.ts'
import { rowOf } from './entry-rows.ts'
import { entriesAbout, neighboursOf, searchPage } from './entry-search.ts'
import { type Guard, secureHeaders } from './guard.ts'
import { logInfo } from './log-info.ts'
import { lookup } from './lookup.ts'
import { Overviews } from './overviews.ts'
import { formatPosition, parsePosition } from './position.ts'
import { makeReceipt, receiptOffer } from './receipts.ts'
import { sessionEntries } from './session-entries.ts'
import type { ViewSource } from './source.ts'
import { TrustDesk } from './trust-desk.ts'
import { streamTrust } from './trust-stream.ts'
import { valuesOf } from './values.ts'

/** The page as a function from requests to answers: a server listens for it, and tests call it. */
export function createViewApp(source: ViewSource, guard: Guard): Hono {
  const app = new Hono()
  app.use(secureHeaders)
  app.use(guard.check)
  addAssets(app)
  app.route('/api', createApi(source))
  app.get('*', context => context.html(SHELL))
  app.onError((error, context) => failure(context, error))
  return app
}

function addAssets(app: Hono): void {
  app.get('/assets/icon.svg', context => context.body(ICON, 200, { 'content-type': 'image/svg+xml' }))
  app.get('/assets/:name', async context => {
    const asset = await readAsset(context.req.param('name'))
    if (!asset) return context.json({ code: 'AUDIT_NOT_FOUND', message: 'The page has no such file.' }, 404)
    return context.body(asset.body, 200, { 'content-type': asset.type })
  })
}

/** The filters that the address of a request names. */
type FiltersOf = (context: Context) => Filters

function createApi(source: ViewSource): Hono {
  const filtersOf: FiltersOf = ({ req }) =>
    filtersOfAddress(source.context, new URL(req.url).searchParams, source.sessionKey)
  const api = new Hono()
  api.get('/log', async context => context.json(await logInfo(source)))
  const overviews = new Overviews(source.log, source.backend)
  addListRoutes(api, source, filtersOf)
  addOverviewRoutes(api, source, overviews)
  addEntryRoutes(api, source, filtersOf)
  addTrustRoutes(api, new TrustDesk(source))
  api.all('*', context => context.json({ code: 'AUDIT_NOT_FOUND', message: 'There is nothing here.' }, 404))
  api.onError((error, context) => failure(context, error))
  return api
}

function addListRoutes(api: Hono, source: ViewSource, filtersOf: FiltersOf): void {
  const { log, sessionKey } = source
  api.get('/entries', async context => {
    const after = context.req.query('after')
    const position = after === undefined ? undefined : parsePosition(after)
    const page = await searchPage(log, filtersOf(context), position, context.req.raw.signal)
    return context.json<EntryPage>({
      entries: page.entries.map(entry => rowOf(entry, sessionKey)),
      next: page.next ? formatPosition(page.next) : null,
      searchedBackTo: page.isCut && page.next ? page.next.timestamp : null,
    })
  })
  api.get('/count', async context => {
    const { filter, matches } = filtersOf(context)
    return context.json<MatchCount>({ count: matches ? null : await countOf(log, filter) })
  })
  api.get('/session', async context => {
    const session = context.req.query('session') ?? ''
    return context.json<SessionPage>(await sessionEntries(source, session, context.req.raw.signal))
  })
  api.get('/lookup', async context => {
    const text = (context.req.query('text') ?? '').trim()
    const { entries, ...rest } = await lookup(log, sessionKey, text, context.req.raw.signal)
    return context.json<Lookup>({ ...rest, entries: entries.map(entry => rowOf(entry, sessionKey)) })
  })
  api.get('/download', context => startDownload(source, filtersOf(context), context))
}

/** Where every entry may have to be read, `summarize` does it in threads of its own, and nothing waits for it. */
async function countOf(log: AuditLog, filter: Filter): Promise<number> {
  if (!filter.metadata) return log.count(filter)
  const [all] = await log.summarize(filter)
  return all?.count ?? 0
}

const MINUTE = 60_000

function addOverviewRoutes(api: Hono, { log, context, sessionKey }: ViewSource, overviews: Overviews): void {
  overviews.overview({}).catch(() => {}) // counted before somebody asks, who is then told what went wrong
  // A span such as the last hour stays the same for a minute, so that what was counted for it can be used again.
  const thisMinute = {
    ...context,
    now: () => new Date(Math.floor(context.now().getTime() / MINUTE) * MINUTE),
  }
  const filterOf = (url: string) => filtersOfAddress(thisMinute, new URL(url).searchParams, sessionKey).filter
  api.get('/overview', async context => context.json(await overviews.overview(filterOf(context.req.url))))
  api.get('/values', async ({ req, json }) => json<Values>(await valuesOf(log, overviews, req.query('key'))))
  api.get('/users', async context => context.json(await overviews.topUsers(filterOf(context.req.url))))
}

function addEntryRoutes(api: Hono, source: ViewSource, filtersOf: FiltersOf): void {
  api.get('/entries/:id', async context => {
    const entry = await findEntry(source.log, context.req.param('id'))
    if (!entry) return noEntry(context)
    return context.json<EntryDetail>(await detailOf(source, entry))
  })
  api.get('/entries/:id/neighbours', async context => {
    const entry = await findEntry(source.log, context.req.param('id'))
    if (!entry) return noEntry(context)
    const { newer, older } = await neighboursOf(source.log, filtersOf(context), entry, context.req.raw.signal)
    return context.json<Neighbours>({ newer: newer?.entryId ?? null, older: older?.entryId ?? null })
  })
  api.get('/entries/:id/related', async context => {
    const entry = await findEntry(source.log, context.req.param('id'))
    if (!entry) return noEntry(context)
    const { entries, isCut } = await entriesAbout(source.log, entry, context.req.raw.signal)
    return context.json<Related>({ aboutIt: entries.map(each => rowOf(each, source.sessionKey)), isCut })
  })
  api.get('/entries/:id/receipt', async context => {
    const offer = receiptOffer(source)
    if (!offer.isPossible) return context.json({ code: 'AUDIT_INVALID_OPTIONS', message: offer.reason }, 409)
    const entry = await findEntry(source.log, context.req.param('id'))
    if (!entry) return noEntry(context)
    return context.body(await makeReceipt(source, entry), 200, {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="receipt-${entry.index}.json"`,
    })
  })
}

function addTrustRoutes(api: Hono, desk: TrustDesk): void {
  api.get('/trust', async context => context.json(await desk.trust()))
  api.get('/verify', context => streamTrust(context, desk))
}

function noEntry(context: Context): Response {
  return context.json({ code: 'AUDIT_NOT_FOUND', message: 'There is no such entry in this log.' }, 404)
}

/** Codes of what the one who asked can mend. */
const CLIENT_ERRORS: ReadonlySet<string> = new Set([
  'AUDIT_INVALID_QUERY',
  'AUDIT_NOT_FOUND',
  'AUDIT_NOT_INCLUDED',
])

/** Messages of AuditErrors hold no text of an entry and no secret; those of other errors may. */
function failure(context: Context, error: unknown): Response {
  if (error instanceof CommandError)
    return context.json({ code: 'AUDIT_INVALID_QUERY', message: error.message }, 400)
  if (!(error instanceof AuditError))
    return context.json({ code: 'AUDIT_READ_FAILED', message: 'The log could not be read.' }, 500)
  const status = CLIENT_ERRORS.has(error.code) ? 400 : 500
  return context.json({ code: error.code, message: plainMessage(error.message) }, status)
}
