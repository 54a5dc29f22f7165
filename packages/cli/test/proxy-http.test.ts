import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, createServer, type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { runCommand } from '@audit/harness'
import { providerServer, temporaryFolder } from '@audit/harness/vitest'
import { describe, expect, onTestFinished, test } from 'vitest'
import { patientDispatcher } from '../src/proxy/patient-fetch.ts'
import { runBinary } from './binary.ts'
import { proxied, startProxy, upstream } from './proxy-fixture.ts'

const server = await providerServer()

const BODY = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'a question' }] })
const JSON_TYPE = { 'content-type': 'application/json' }
const CHAT = '/openai/v1/chat/completions'

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly reused: boolean
}

/** Sends a request as it is given, and not as `fetch` would have it. */
async function send(
  address: string,
  path: string,
  options: RequestOptions = {},
  body?: string | Buffer,
): Promise<Answer> {
  const { hostname, port } = new URL(address)
  const sending = request({ host: hostname.replace(/[[\]]/g, ''), port, path, method: 'POST', ...options })
  sending.end(body)
  const [answer] = (await once(sending, 'response')) as [IncomingMessage] // what that event gives
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: await text(answer),
    reused: sending.reusedSocket,
  }
}

/** A provider that keeps the requests that it gets. */
async function mirror(reply: Readonly<Record<string, string>> = {}) {
  const requests: {
    readonly url: string | undefined
    readonly headers: IncomingMessage['headers']
    readonly body: string
  }[] = []
  const provider = createServer(async (request, answer) => {
    requests.push({ url: request.url, headers: request.headers, body: await text(request) })
    answer.writeHead(200, { ...JSON_TYPE, ...reply }).end('{"choices":[]}')
  })
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  onTestFinished(() => void provider.close())
  const { port } = provider.address() as AddressInfo // it listens on a port
  const proxy = await startProxy({ args: ['--upstream', `openai=http://127.0.0.1:${port}/base`] })
  return { proxy, requests }
}

describe('headers', () => {
  test('that are about the connection or for the proxy end there, and all others go on', async () => {
    const { proxy, requests } = await mirror({ 'x-request-id': 'req_1', 'keep-alive': 'timeout=1' })
    const headers = {
      ...JSON_TYPE,
      authorization: 'Bearer sk-secret',
      'openai-organization': 'org',
      'user-agent': 'a client of the test',
      'x-audit-user': 'alice',
      'x-audit-session': 's',
      'x-audit-token': 'whatever it is',
      connection: 'keep-alive, x-only-here',
      'x-only-here': '1',
      te: 'trailers',
      'accept-encoding': 'br',
    }
    const answer = await send(proxy.address, `${CHAT}?x=1`, { headers }, BODY)
    const [got] = requests
    expect(got).toMatchObject({
      url: '/base/v1/chat/completions?x=1',
      body: BODY,
      headers: {
        authorization: 'Bearer sk-secret',
        'openai-organization': 'org',
        'user-agent': 'a client of the test',
      },
    })
    expect(Object.keys(got?.headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(x-audit-|x-only-here|te$)/)]),
    )
    expect(answer).toMatchObject({ status: 200, headers: { 'x-request-id': 'req_1' } })
    expect(answer.headers['keep-alive']).not.toBe('timeout=1')
  })

  test('a compressed answer comes decoded, and says so', async () => {
    const { baseURL } = await proxied(server, 'gzip')
    const { pathname, origin } = new URL(`${baseURL}/chat/completions`)
    const answer = await send(origin, pathname, { headers: JSON_TYPE }, BODY)
    expect(answer.headers).not.toHaveProperty('content-encoding')
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)))
    expect(JSON.parse(answer.body)).toHaveProperty('choices')
  })

  test('a compressed request is sent on decoded, as it is recorded', async () => {
    const { proxy, requests } = await mirror()
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' }
    expect(await send(proxy.address, CHAT, { headers }, gzipSync(BODY))).toMatchObject({ status: 200 })
    expect(requests[0]?.body).toBe(BODY)
    expect(requests[0]?.headers).not.toHaveProperty('content-encoding')
    expect(await proxy.entries()).toMatchObject([{ inputText: 'a question' }])
    expect(await send(proxy.address, CHAT, { headers }, BODY)).toMatchObject({ status: 400 })
    const unknown = { headers: { ...JSON_TYPE, 'content-encoding': 'rot13' } }
    expect(await send(proxy.address, CHAT, unknown, BODY)).toMatchObject({ status: 415 })
  })

  test('a connection is used again', async () => {
    const { proxy } = await proxied(server)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    await send(proxy.address, CHAT, { headers: JSON_TYPE, agent }, BODY)
    expect(await send(proxy.address, CHAT, { headers: JSON_TYPE, agent }, BODY)).toMatchObject({
      status: 200,
      reused: true,
    })
  })
})

describe('who may use it', () => {
  test.each([
    ['a Host of another name, as after DNS rebinding', { host: 'evil.example' }, 403],
    ['a Host of another name with the port', { host: 'evil.example:4141' }, 403],
    ['a page of another site', { origin: 'https://evil.example' }, 403],
    ['a page of a file', { origin: 'null' }, 403],
    ['a browser that says so itself', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a program that calls it localhost', { host: 'localhost:4141' }, 200],
    ['a program that uses fetch', { 'sec-fetch-mode': 'cors' }, 200],
  ])('%s', async (_, headers, status) => {
    const { proxy, scene } = await proxied(server)
    const answer = await send(proxy.address, CHAT, { headers: { ...JSON_TYPE, ...headers } }, BODY)
    expect(answer.status).toBe(status)
    expect(scene.requests).toBe(status === 200 ? 1 : 0)
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
  })

  const TOKEN = 'a-token-of-the-test-0123456789'

  test('on another address than the loopback, who has the token', async () => {
    const scene = server.scene()
    const proxy = await startProxy({
      args: ['--host', '0.0.0.0', ...upstream(scene)],
      env: { AUDIT_PROXY_TOKEN: TOKEN },
    })
    const address = proxy.address.replace('0.0.0.0', '127.0.0.1')
    const without = await send(address, CHAT, { headers: JSON_TYPE }, BODY)
    expect(without.status).toBe(401)
    const wrong = { ...JSON_TYPE, 'x-audit-token': `${TOKEN}x` }
    expect(await send(address, CHAT, { headers: wrong }, BODY)).toMatchObject({ status: 401 })
    expect(scene.requests).toBe(0)
    const right = { ...JSON_TYPE, 'x-audit-token': TOKEN, host: 'llm.internal' }
    expect(await send(address, CHAT, { headers: right }, BODY)).toMatchObject({ status: 200 })
    expect(without.body + proxy.errors()).not.toContain(TOKEN)
  })

  test('the token may come from a file', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'token.txt'), `${TOKEN}\n`)
    const proxy = await startProxy({ folder, args: ['--token-file', 'token.txt'] })
    expect(await send(proxy.address, CHAT, { headers: JSON_TYPE }, BODY)).toMatchObject({ status: 401 })
  })

  test.each([
    ['another address without a token', ['--host', '0.0.0.0'], {}],
    ['a short token', [], { AUDIT_PROXY_TOKEN: 'short' }],
    ['a token file that is not there', ['--token-file', 'missing'], {}],
    ['a key file that is not there', ['--keys', 'missing'], {}],
    ['an upstream without an address', ['--upstream', 'openai'], {}],
    ['an upstream with a password', ['--upstream', 'openai=https://user:pass@host'], {}],
    ['a port that is none', ['--port', '70000'], {}],
    ['an address that is not this machine', ['--host', '203.0.113.1'], { AUDIT_PROXY_TOKEN: TOKEN }],
  ])('%s is an error, and no log is left behind', async (name, args, env) => {
    const folder = temporaryFolder()
    const { exitCode, output } = await runBinary(['proxy', 'audit.db', ...args], { cwd: folder, env })
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' })
    if (!name.includes('address that')) expect(readdirSync(folder)).toEqual([])
  })

  test('a port that is in use is an error', async () => {
    const proxy = await startProxy()
    const { port } = new URL(proxy.address)
    const { exitCode } = await runBinary(['proxy', 'other.db', '--port', port], { cwd: proxy.folder })
    expect(exitCode).toBe(2)
  })
})

describe('keys', () => {
  const KEY = 'sk-proj-a-secret-of-the-test'

  test('name the user, and the entry whatever user the client names; nowhere is a key kept', async () => {
    const folder = temporaryFolder()
    const hash = createHash('sha256').update(KEY).digest('hex')
    writeFileSync(join(folder, 'keys.txt'), `# the team's keys\n\n${hash.toUpperCase()}  research team\n`)
    const { proxy } = await proxied(server, 'fine', {
      folder,
      args: ['--keys', 'keys.txt'],
      log: 'audit.jsonl',
    })
    const ask = (headers: Record<string, string>) =>
      send(proxy.address, CHAT, { headers: { ...JSON_TYPE, ...headers } }, BODY)
    await ask({ authorization: `Bearer ${KEY}` })
    await ask({ 'x-api-key': KEY })
    await ask({ authorization: `Bearer ${KEY}`, 'x-audit-user': 'alice' })
    await ask({ authorization: 'Bearer sk-another' })
    expect(await proxy.entries()).toMatchObject([
      { user: 'research team', metadata: { 'audit.proxy.key': 'research team' } },
      { user: 'research team' },
      { user: 'alice', metadata: { 'audit.proxy.key': 'research team' } },
      { user: 'anonymous' },
    ])
    for (const name of readdirSync(folder).filter(name => name !== 'keys.txt')) {
      expect(readFileSync(join(folder, name), 'latin1')).not.toContain('sk-')
    }
    expect(proxy.errors()).not.toContain('sk-')
  })

  test('a line that is no hash is an error that does not repeat it', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'keys.txt'), `${KEY} research team\n`)
    const { exitCode, errors } = await runBinary(['proxy', 'audit.db', '--keys', 'keys.txt'], { cwd: folder })
    expect(exitCode).toBe(2)
    expect(errors).not.toContain(KEY)
  })
})

describe('a request', () => {
  test('with a large body is refused before it is read, and with a compressed one that is large', async () => {
    const { proxy, scene } = await proxied(server, 'fine', { args: ['--max-body', '1'] })
    const large = Buffer.alloc(2 * 1024 * 1024, ' ')
    expect(await send(proxy.address, CHAT, { headers: JSON_TYPE }, large)).toMatchObject({ status: 413 })
    const gzip = { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } }
    expect(await send(proxy.address, CHAT, gzip, gzipSync(large))).toMatchObject({ status: 413 })
    expect(scene.requests).toBe(0)
  })

  test.each([
    ['/', 404],
    ['/unknown/v1/chat/completions', 404],
    ['/openai/../../etc/passwd', 400],
    ['/openai/%2e%2e/%2e%2e/etc', 400],
    ['/openai/../base-internal/v1/chat/completions', 400],
    ['/openai/%2e%2e/base-internal/v1/chat/completions', 400],
    ['/openai/.%2E/base/v1/chat/completions', 400],
    ['/openai/..\\base-internal/v1/chat/completions', 400],
    ['/openai/..%2fadmin', 400],
    ['/openai/v1/..%5cadmin', 400],
    ['/openai/v1/%252e%252e%252fadmin', 400],
    ['/openai/v1/..;x/admin', 400],
    ['/openai/v1/./admin', 400],
    ['/openai/v1/..', 400],
    ['/openai/%2e%2e?x=1', 400],
    ['/openai@evil.example/', 404],
    ['http://evil.example/openai/v1/chat/completions', 404],
  ])('for %s goes nowhere', async (path, status) => {
    const { proxy, requests } = await mirror()
    expect((await send(proxy.address, path, { headers: JSON_TYPE }, BODY)).status).toBe(status)
    expect(requests).toEqual([])
  })

  test.each([
    ['/openai/v1/models/org%2Fmodel..1', '/base/v1/models/org%2Fmodel..1'],
    ['/openai/v1/files/...?after=../x', '/base/v1/files/...?after=../x'],
    ['/openai?x=1', '/base?x=1'],
  ])('for %s goes on as it is', async (path, url) => {
    const { proxy, requests } = await mirror()
    await send(proxy.address, path, { method: 'GET' })
    expect(requests).toMatchObject([{ url }])
  })

  test('for a path that looks like another host stays at the upstream', async () => {
    const { proxy, requests } = await mirror()
    await send(proxy.address, '/openai//evil.example/v1/chat/completions', { headers: JSON_TYPE }, BODY)
    expect(requests).toMatchObject([{ url: '/base//evil.example/v1/chat/completions' }])
  })

  test('of a kind that has no body is refused with one', async () => {
    const { proxy, requests } = await mirror()
    const headers = { ...JSON_TYPE, 'content-length': `${BODY.length}` }
    const answer = await send(proxy.address, '/openai/v1/models', { method: 'GET', headers }, BODY)
    expect(answer).toMatchObject({ status: 400, headers: { 'x-should-retry': 'false' } })
    expect(requests).toEqual([])
  })

  test('that cannot be recorded is refused, unless it asks no model or that is allowed', async () => {
    const { proxy, requests } = await mirror()
    const images = await send(proxy.address, '/openai/v1/images/generations', { headers: JSON_TYPE }, '{}')
    expect(images.status).toBe(501)
    for (const path of [
      '/v1/images/generations;/cancel',
      '/v1/chat/completions/cancel',
      '/v1/images/cancel',
    ]) {
      const disguised = await send(proxy.address, `/openai${path}`, { headers: JSON_TYPE }, '{}')
      expect(disguised, path).toMatchObject({ status: 501 })
    }
    expect(requests).toEqual([])
    const models = await send(proxy.address, '/openai/v1/models', { method: 'GET' })
    expect(models.status).toBe(200)
    const upgrade = { method: 'GET', headers: { connection: 'Upgrade', upgrade: 'websocket' } }
    expect(await send(proxy.address, '/openai/v1/realtime', upgrade)).toMatchObject({ status: 501 })
    expect(await proxy.entries()).toEqual([])
  })

  test('that cannot be recorded goes through where that is allowed, and is told of', async () => {
    const { proxy, scene } = await proxied(server, 'fine', { args: ['--allow-unrecorded'] })
    const answer = await send(proxy.address, '/openai/v1/images/generations', { headers: JSON_TYPE }, '{}')
    expect(answer.status).toBe(404) // the stand-in makes no images
    expect(scene.requests).toBe(0)
    await expect.poll(proxy.errors).toContain('images/generations')
  })

  test('of curl is answered, streamed and not', async ({ skip }) => {
    if (spawnSync('curl', ['--version']).status !== 0) skip('there is no curl')
    const { proxy } = await proxied(server)
    const json = ['-H', 'content-type: application/json']
    const curl = (body: object) =>
      runCommand(proxy.folder, 'curl', [
        '-sS',
        '--fail',
        `${proxy.address}${CHAT}`,
        ...json,
        '-d',
        JSON.stringify(body),
      ])
    const body = JSON.parse(BODY)
    expect(JSON.parse(await curl(body))).toHaveProperty('choices')
    expect(await curl({ ...body, stream: true })).toMatch(/data: \[DONE\]\n\n$/)
    expect(await proxy.entries()).toHaveLength(2)
  })
})

test('this Node.js has the limits of fetch where they are taken off', () => {
  expect(patientDispatcher()).toBeDefined()
})
