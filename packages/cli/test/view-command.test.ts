import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { AuditLog } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { runBinary, startBinary } from './binary.ts'
import { SAMPLE_SIZE, writeSampleLogs } from './sample-log.ts'

async function sampleFolder(): Promise<string> {
  const folder = temporaryFolder()
  await writeSampleLogs(folder)
  return folder
}

async function started(cwd: string, ...args: readonly string[]) {
  const child = startBinary(['view', ...args], { cwd })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  if (!child.stdout) throw new Error('it has no output')
  const [address]: unknown[] = await once(createInterface({ input: child.stdout }), 'line')
  const url = new URL(String(address))
  return { child, url, cookie: await cookieFrom(url) }
}

async function cookieFrom(url: URL): Promise<string> {
  const answer = await fetch(url, { redirect: 'manual' })
  return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
}

test.each(['audit.db', 'audit.jsonl'])('serves %s on 127.0.0.1, until it is interrupted', async file => {
  const { child, url, cookie } = await started(await sampleFolder(), file)
  expect(url.hostname).toBe('127.0.0.1')
  const answer = await fetch(new URL('/api/log', url), { headers: { cookie } })
  expect(await answer.json()).toMatchObject({ name: file, size: SAMPLE_SIZE })
  for (const [path, type] of [
    ['/', 'text/html'],
    ['/assets/page.js', 'text/javascript'],
    ['/assets/style.css', 'text/css'],
    ['/assets/icon.svg', 'image/svg+xml'],
  ] as const) {
    const asset = await fetch(new URL(path, url), { headers: { cookie } })
    expect([path, asset.status, asset.headers.get('content-type')]).toEqual([
      path,
      200,
      expect.stringContaining(type),
    ])
  }
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([130, null])
})

test('a verification that is running, and a browser that waits, do not hold up the end', async () => {
  const { child, url, cookie } = await started(await sampleFolder(), 'audit.db')
  const events = await fetch(new URL('/api/verify', url), { headers: { cookie } })
  expect(events.headers.get('content-type')).toContain('text/event-stream')
  child.kill('SIGTERM')
  await once(child, 'exit')
  await events.text().catch(() => {}) // it was cut off, or had ended before
})

test('shows what is recorded while it runs, and holds up nobody who records', async () => {
  const folder = await sampleFolder()
  const { url, cookie } = await started(folder, 'audit.db')
  await using log = new AuditLog({ backend: new SqliteBackend({ path: join(folder, 'audit.db') }) })
  await log.record({ model: 'm', inputText: 'new', outputText: '' })
  const answer = await fetch(new URL('/api/entries', url), { headers: { cookie } })
  expect(await answer.json()).toMatchObject({ entries: { 0: { index: SAMPLE_SIZE, input: 'new' } } })
})

test('what cannot be served ends with 2 and prints no address', async () => {
  const cwd = await sampleFolder()
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => {
    taken.close()
  })
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const lines = [
    ['nothing.db'],
    ['audit.db', '--port', port],
    ['audit.db', '--port', '70000'],
    ['audit.db', '--port', 'x'],
    ['audit.db', '--key', 'audit.pub'],
    ['audit.db', '--checkpoint', 'checkpoint.txt'],
  ]
  for (const line of lines) {
    const { exitCode, output } = await runBinary(['view', ...line], { cwd })
    expect([line, exitCode, output]).toEqual([line, 2, ''])
  }
})
