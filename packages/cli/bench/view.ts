// How long `audit view` takes at a million entries, in the real browser: node bench/view.ts [entries] [file] [chromium]
// The file is kept, so that the next run finds it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type AuditBackend, createEntry, createLeaf } from '@audit/core/backend'
import { SqliteBackend } from '@audit/sqlite'
import { type Browser, chromium, type Page } from 'playwright-core'

const BINARY = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const [, , count = '1000000', path = `/tmp/audit-view-${count}.db`, executablePath = '/usr/bin/chromium'] =
  process.argv
const ENTRIES = Number(count)
const BATCH = 5000
const STEP_MS = Math.floor((60 * 86_400_000) / ENTRIES)
const FIRST = Date.parse('2026-09-25T00:00:00Z')
const SESSION = `s-${Math.floor(ENTRIES / 2 / 16)}`
const TEXT = 'The supplier delivers monthly, and either side may end the contract with a quarter of notice. '

if (!existsSync(path)) await fill(new SqliteBackend({ path, metadataIndexes: ['gen_ai.conversation.id'] }))
const server = spawn(process.execPath, [BINARY, 'view', path], { stdio: ['ignore', 'pipe', 'inherit'] })
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const [url] = await once(createInterface({ input: server.stdout }), 'line')
  await measure(browser, url)
} finally {
  await browser.close()
  server.kill()
}

async function measure(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(new URL(`/nowhere?token=${new URL(url).searchParams.get('token')}`, url).href)
  const to = (path: string) => new URL(path, url).href
  await report(page, 'overview, first time', to('/'), '.tile-value:text("1,")')
  await report(page, 'overview, top users too', to('/?model='), '.bars a[href*="user="]')
  await report(page, 'overview, again', to('/'), '.tile-value:text("1,")')
  await report(page, 'entries', to('/entries'), 'a.row')
  for (const filter of [
    'user=user7',
    'model=gpt-5',
    'user=user7&model=gpt-5',
    'since=2026-10-20&until=2026-10-21',
    `session=${SESSION}`,
    'status=error',
    'status=nothing',
    'metadata=tenant%3Dnone',
    'text=notice',
    'text=nothing-at-all',
  ]) {
    await report(
      page,
      `entries, ${filter}`,
      to(`/entries?${filter}`),
      'a.row, .empty, .list-head p:has-text("back to")',
    )
  }
  await report(page, 'an entry', to(`/entries/${ENTRIES >> 1}`), '.proof')
  await report(page, 'a session', to(`/sessions/${SESSION}`), '.turn')
  await report(page, 'overview, one user', to('/?user=user7'), '.tile-value:text(",")')
}

/** From going to an address to seeing what was waited for. */
async function report(page: Page, what: string, url: string, selector: string): Promise<void> {
  const start = performance.now()
  await page.goto(url, { waitUntil: 'commit' })
  await page.waitForSelector(selector)
  console.log(`${(performance.now() - start).toFixed(0).padStart(6)} ms  ${what}`)
}

async function fill(backend: AuditBackend): Promise<void> {
  await backend.open()
  for (let start = 0; start < ENTRIES; start += BATCH) {
    await backend.append(
      Array.from({ length: Math.min(BATCH, ENTRIES - start) }, (_, i) => leafAt(start + i)),
    )
  }
  await backend.close()
}

function leafAt(i: number) {
  const ms = FIRST + i * STEP_MS
  const time = ms.toString(16).padStart(12, '0')
  const entryId = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${i.toString(16).padStart(12, '0')}`
  const failed = i % 197 === 0
  const input = {
    model: ['gpt-5', 'claude-sonnet-4-5', 'gpt-5-mini', 'mistral-medium'][(i * 7) % 4] ?? '',
    user: `user${(i * 31) % 1000}`,
    inputText: `${i}: ${TEXT.repeat(1 + (i % 3))}`,
    outputText: failed ? '' : TEXT.repeat(1 + (i % 7)),
    costUsd: failed ? null : (i % 90) / 10_000,
    latencyMs: 200 + ((i * 211) % 1900),
    metadata: {
      'audit.status': failed ? 'error' : 'ok',
      'gen_ai.conversation.id': `s-${Math.floor(i / 16)}`,
      'gen_ai.usage.input_tokens': 40 + (i % 900),
      'gen_ai.usage.output_tokens': failed ? 0 : 20 + (i % 300),
    },
  }
  return createLeaf(createEntry(input, { entryId, timestamp: new Date(ms).toISOString() }))
}
