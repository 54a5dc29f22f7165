import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { Guard, SECURITY_HEADERS } from '../src/view/guard.ts'
import { HOST, viewScene } from './view-scene.ts'

const PATHS = [
  '/',
  '/entries?user=alice',
  '/api/log',
  '/api/entries',
  '/api/verify',
  '/api/download',
  '/nowhere',
]

/** A guard whose token nobody has used. */
function newGuarded() {
  const guard = new Guard(4567)
  return { guard, app: new Hono().use(guard.check) }
}

test('nothing is shown without the token', async () => {
  const { app } = await viewScene()
  for (const path of PATHS) {
    for (const cookie of ['', 'audit_view_4567=', 'audit_view_4567=guess']) {
      const answer = await app.request(path, { headers: { host: HOST, cookie } })
      expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'AUDIT_VIEW_TOKEN' }])
    }
  }
  const page = await app.request('/', { headers: { host: HOST, accept: 'text/html' } })
  expect([page.status, page.headers.get('content-type')]).toEqual([401, 'text/html; charset=UTF-8'])
})

test('a guessed token is refused', async () => {
  const { app, token } = await viewScene()
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(new Guard(1).token).not.toBe(token)
  for (const given of ['', 'guess', `${token}x`, token.slice(1)]) {
    const answer = await app.request(`/?token=${given}`, { headers: { host: HOST } })
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([401, null])
  }
})

test('the token is good once, becomes a cookie that no script reads and no other site sends, and leaves the address', async () => {
  const scene = await viewScene()
  const answer = await scene.get(`/entries?token=${scene.token}&user=alice&since=7d`) // reloaded by the same browser
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/entries?user=alice&since=7d'])
  expect(answer.headers.get('set-cookie')).toMatch(
    /^audit_view_4567=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  )
  const again = await scene.app.request(`/?token=${scene.token}`, { headers: { host: HOST } })
  expect([again.status, again.headers.get('set-cookie')]).toEqual([401, null])
  const elsewhere = await scene.get(`//evil.example/?token=${scene.token}`)
  expect(elsewhere.headers.get('location')).not.toMatch(/^\/\//)
})

test('HEAD does not use the token up', async () => {
  const { guard, app } = newGuarded()
  const ask = (method: string) => app.request(`/?token=${guard.token}`, { method, headers: { host: HOST } })
  const head = await ask('HEAD')
  expect([head.status, head.headers.get('set-cookie')]).toEqual([401, null])
  expect((await ask('GET')).status).toBe(303)
})

test.each([
  'evil.example',
  'evil.example:4567',
  '127.0.0.1',
  '127.0.0.1:80',
  '127.0.0.1:4567.evil.example',
  '',
])('the host %j is refused, also with the cookie', async host => {
  const { get } = await viewScene()
  for (const path of [...PATHS, '/assets/page.js']) {
    const answer = await get(path, { host })
    expect([answer.status, await answer.json()]).toMatchObject([421, { code: 'AUDIT_VIEW_HOST' }])
  }
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  '%s is refused, also with the cookie',
  async method => {
    const { get } = await viewScene()
    for (const path of PATHS) {
      const answer = await get(path, {}, method)
      expect([answer.status, await answer.json()]).toMatchObject([405, { code: 'AUDIT_VIEW_METHOD' }])
    }
  },
)

test('what another site, or another port of this machine, asks for is refused', async () => {
  const { get } = await viewScene()
  for (const site of ['cross-site', 'same-site']) {
    for (const mode of ['cors', 'no-cors', 'navigate']) {
      for (const path of ['/api/log', '/api/entries', '/api/verify', '/api/download']) {
        const answer = await get(path, { 'sec-fetch-site': site, 'sec-fetch-mode': mode })
        expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'AUDIT_VIEW_CROSS_SITE' }])
      }
    }
    expect((await get('/entries', { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' })).status).toBe(403)
    expect((await get('/entries', { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' })).status).toBe(200)
  }
  for (const site of ['same-origin', 'none']) {
    expect((await get('/api/log', { 'sec-fetch-site': site, 'sec-fetch-mode': 'cors' })).status).toBe(200)
  }
})

test('every answer has the security headers, errors too', async () => {
  const { app, get } = await viewScene()
  const answers = await Promise.all([
    ...[...PATHS, '/assets/style.css', '/assets/nothing.js', '/api/nothing', '/api/entries?since=x'].map(
      path => get(path),
    ),
    get('/', { host: 'evil.example' }),
    app.request('/', { headers: { host: HOST } }),
    app.request('/', { method: 'POST', headers: { host: HOST } }),
  ])
  for (const { headers, url } of answers) {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (name !== 'cache-control') expect([url, name, headers.get(name)]).toEqual([url, name, value])
    }
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(headers.get('cache-control')).toMatch(/no-store|no-cache/)
  }
  expect(SECURITY_HEADERS['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/)
})
