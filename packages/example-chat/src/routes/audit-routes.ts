import { type Capture, KEYS } from '@audit/capture'
import type { AuditLog } from '@audit/core'
import { Hono } from 'hono'
import type { Identified } from '../identify.ts'
import { turnOf, turnsIn } from '../turn.ts'

const WEEK_MS = 7 * 24 * 60 * 60 * 1000

/** What auditors ask of the log. */
export function auditRoutes(log: AuditLog, capture: Capture): Hono<Identified> {
  const routes = new Hono<Identified>()

  // What did alice ask last week?
  routes.get('/users/:user/questions', async c => {
    const { since = new Date(Date.now() - WEEK_MS), until = new Date() } = c.req.query()
    return c.json(turnsIn(await log.query({ user: c.req.param('user'), since, until })))
  })

  // What was said in this session?
  routes.get('/sessions/:session', async c =>
    c.json(turnsIn(await log.query({ metadata: { [KEYS.conversation]: c.req.param('session') } }))),
  )

  // What did it cost, by user and month?
  routes.get('/costs', async c => {
    const groups = await log.summarize({ by: ['user', 'month', KEYS.intent] })
    const calls = groups.filter(group => group[KEYS.intent] === undefined) // an intent is no call
    return c.json(
      calls.map(({ user, month, count, costUsd, costUnknown }) => ({
        user,
        month,
        count,
        costUsd,
        costUnknown,
      })),
    )
  })

  // Which questions were never answered, because the process died?
  routes.get('/unfinished', async c => c.json((await capture.unfinished(log)).map(turnOf)))

  return routes
}
