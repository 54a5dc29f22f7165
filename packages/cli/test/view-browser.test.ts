import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { AuditLog, type EntryInput } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { CHROMIUM, servedBinary, visit } from './browser.ts'
import { SAMPLE_SIZE, sampleId, writeSampleLogs } from './sample-log.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What a model may write to attack whoever reads it. */
const HOSTILE = [
  '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">',
  '<a href="javascript:window.hacked=1">click</a> [click](javascript:window.hacked=1)',
  '\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 \u001b[31mred\u0000 \u009b2J',
  'user \u202egnp.exe \u2066isolated \u200bzero\ufeffwidth',
  'x'.repeat(1_000_000),
  '"></bdi></script></textarea><style>*{display:none}</style>',
  '{{7*7}} =HYPERLINK("https://evil.example")',
]

async function served(...args: readonly string[]): Promise<string> {
  const folder = temporaryFolder()
  await writeSampleLogs(folder)
  return servedBinary([join(folder, 'audit.db'), ...args])
}

async function servedWith(entries: readonly EntryInput[]): Promise<string> {
  const path = join(temporaryFolder(), 'audit.db')
  await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
  await log.open()
  for (const entry of entries) await log.record(entry)
  return servedBinary([path])
}

const go = (page: Page, path: string) => page.goto(new URL(path, page.url()).href)

/** What axe finds, as the browser's own debugger runs it: the page's policy would refuse it as a script of the page. */
async function accessibilityOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE)
  return page.evaluate<
    readonly string[]
  >(`axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`)
}

/** By how many pixels a view is wider than the window. */
const overflowOf = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')

/** What must be in no text that the page shows. */
const OBEYED = /(?![\n\t])[\p{Cc}\p{Cf}]/u

/** Notes what moves after it was drawn, without anybody having done anything. */
const WATCH_SHIFTS = `window.shifts = []
new PerformanceObserver(list => {
  for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput && value > 0.01) window.shifts.push(value)
}).observe({ type: 'layout-shift', buffered: true })`

describe.skipIf(CHROMIUM === undefined)('in a browser (skipped where no chromium is installed)', () => {
  test.each(['light', 'dark'] as const)('axe finds nothing on any view, in %s colours', async theme => {
    const { page, problems } = await visit(await served(), { theme })
    const views = [
      ['/', '.bars a'],
      ['/entries', 'a.row'],
      ['/entries?user=nobody', '.empty'],
      [`/entries/${sampleId(17)}`, '.proof'],
      [`/entries/${sampleId(12)}?status=error`, '.proof'],
      ['/sessions/s-3', '.turn'],
      ['/sessions/none', '.empty'],
      ['/nowhere', '.empty'],
    ]
    for (const [path = '', there = ''] of views) {
      await go(page, path)
      await page.waitForSelector(there)
      await page.waitForSelector('.trust-line')
      expect([path, await accessibilityOf(page)]).toEqual([path, []])
    }
    await page.getByRole('button', { name: 'Verify now' }).click()
    await page.getByText('Unanchored.').waitFor()
    expect(await accessibilityOf(page)).toEqual([])
    expect(problems).toEqual([])
  })

  test('hostile texts are shown as they are, nothing of them is executed, obeyed or invisible', async () => {
    const url = await servedWith(
      HOSTILE.map(text => ({
        model: text.slice(0, 200),
        user: text.slice(0, 200),
        inputText: text,
        outputText: text,
        costUsd: 1e300,
        latencyMs: 1e15,
        metadata: { [text.slice(0, 100)]: text.slice(0, 5000), 'gen_ai.conversation.id': text.slice(0, 100) },
      })),
    )
    const { page, problems } = await visit(url, { width: 360 })
    for (const i of HOSTILE.keys()) {
      await go(page, `/entries/${i}`)
      await page.waitForSelector('.proof')
      expect(await overflowOf(page)).toBe(0)
      expect(
        await page
          .locator('#page script, #page style, #page a[href^="javascript"], #page img[src="x"]')
          .count(),
      ).toBe(0)
      expect(await page.locator('.message').first().textContent()).not.toMatch(OBEYED)
    }
    await go(page, '/entries/3')
    await page
      .getByText('user \\u{202e}gnp.exe \\u{2066}isolated \\u{200b}zero\\u{feff}width')
      .first()
      .waitFor()
    for (const path of ['/entries', '/']) {
      await go(page, path)
      await page.waitForSelector(path === '/' ? '.bars a' : 'a.row')
      expect([path, await overflowOf(page)]).toEqual([path, 0])
    }
    for (const link of await page.locator('.bars a').all())
      expect(await link.getAttribute('href')).toMatch(/^\/entries\?/)
    expect(await page.evaluate(`'hacked' in window`)).toBe(false)
    expect(problems).toEqual([])
  })

  test('a text of a megabyte is folded, and unfolds', async () => {
    const { page } = await visit(
      await servedWith([{ model: 'm', inputText: HOSTILE[4] ?? '', outputText: '' }]),
    )
    await go(page, '/entries/0')
    const unfold = page.getByRole('button', { name: 'Show all of this message' })
    expect((await page.locator('.message .lines').first().textContent())?.length).toBe(2048)
    await unfold.click()
    await page.getByRole('button', { name: 'Fold this message' }).waitFor()
    expect((await page.locator('.message .lines').first().textContent())?.length).toBe(1_000_000)
  })

  test('the keyboard alone finds an entry, opens it, and goes to the next and back', async () => {
    const { page } = await visit(await served())
    await go(page, '/entries')
    await page.waitForSelector('a.row')
    await page.keyboard.press('/')
    await page.keyboard.type('haiku')
    await page.keyboard.press('Enter')
    await page.waitForURL(/text=haiku/)
    await page.locator('.list-head').getByText('9 entries').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await page.keyboard.press('j')
    const second = await page.locator('a.row:focus').getAttribute('href')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.proof')
    expect(page.url()).toContain(second)
    await page.getByRole('link', { name: 'Newer' }).waitFor() // they are looked for once the entry is there
    await page.keyboard.press('k')
    await page.waitForURL(url => !url.href.includes(second ?? ''))
    expect(page.url()).toContain('text=haiku')
    await page.goBack()
    await page.waitForURL(url => url.href.includes(second ?? ''))
    await page.goBack()
    await page.waitForSelector('a.row')
    expect(new URL(page.url()).search).toBe('?text=haiku')
  })

  test('the place in a list is kept, while the log grows too', async () => {
    const path = join(temporaryFolder(), 'audit.db')
    await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
    const record = (i: number) => log.record({ model: 'm', inputText: `question ${i}`, outputText: '' })
    await Promise.all(Array.from({ length: 120 }, (_, i) => record(i)))
    const { page } = await visit(await servedBinary([path]))
    const focused = () =>
      page.evaluate<string | undefined>(`document.activeElement.querySelector('.row-input')?.textContent`)
    await go(page, '/entries')
    await page.waitForSelector('a.row')
    for (let i = 0; i < 51; i++) await page.keyboard.press('j')
    await expect.poll(focused).toBe('question 69') // the first of the second page, which nobody asked for
    const place = await page.evaluate('scrollY')
    expect(place).toBeGreaterThan(1000)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.proof')
    await record(120)
    await page.getByText('121 entries').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(focused).toBe('question 69')
    expect(await page.evaluate('scrollY')).toBe(place)
    await page.getByRole('button', { name: 'Show 1 newer entry' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Older' }).waitFor()
    await page.keyboard.press('j')
    await page.getByText('question 68', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(focused).toBe('question 68')
    await page.goBack()
    await page.goBack()
    await page.waitForSelector('.proof')
    await page.goBack()
    await expect.poll(focused).toBe('question 69')
    expect(await page.evaluate('scrollY')).toBe(place)
  })

  test('Escape leaves a field as it was, and an entry for the view that it was opened from', async () => {
    const { page } = await visit(await served())
    await go(page, '/sessions/s-3')
    await page.locator('.turn-head a').first().click()
    await page.waitForSelector('.proof')
    await page.keyboard.press('Escape')
    await page.waitForURL(/\/sessions\/s-3$/)
    await page.waitForSelector('.turn')
    await page.keyboard.press('/')
    await page.waitForURL(/\/entries$/)
    await page.keyboard.type('haiku')
    await page.keyboard.press('Escape')
    await page.waitForSelector('a.row')
    expect(await page.getByLabel('Text').inputValue()).toBe('')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.proof')
    expect(new URL(page.url()).search).toBe('')
  })

  test('each of several filters of the metadata is shown, and can be taken away', async () => {
    const { page } = await visit(await served())
    await go(page, '/entries?metadata=error.type%3D503&metadata=audit.status%3Derror')
    await page.locator('.list-head').getByText('3 entries').waitFor()
    const fields = page.locator('.field-metadata input')
    const values = async () => Promise.all((await fields.all()).map(field => field.inputValue()))
    expect(await values()).toEqual(['error.type=503', 'audit.status=error', ''])
    await fields.first().fill('')
    await page.waitForURL(url => url.search === '?metadata=audit.status%3Derror')
    expect(await values()).toEqual(['audit.status=error', ''])
  })

  test('the overview follows the log, and its charts stay the ones that they are', async () => {
    const path = join(temporaryFolder(), 'audit.db')
    await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
    await log.record({ model: 'm', inputText: '', outputText: '' })
    const { page } = await visit(await servedBinary([path]))
    await page.clock.install()
    await page.reload()
    await page.waitForSelector('.u-over')
    await page.evaluate(`document.querySelector('.u-over').dataset.kept = 'yes'`)
    await log.record({ model: 'm', inputText: '', outputText: '' })
    await expect
      .poll(async () => {
        await page.clock.runFor(3000)
        return page.locator('.tile-value').first().textContent()
      })
      .toBe('2')
    expect(await page.locator('.u-over[data-kept]').count()).toBe(1)
  })

  test('a server that has gone is said, and stays said', async () => {
    const { page, context } = await visit(await served())
    await go(page, '/entries')
    await page.waitForSelector('a.row')
    await context.route('**/api/**', route => route.abort())
    await page.locator('a.row').first().click()
    await page.getByText('The server has stopped').first().waitFor()
    await page.getByRole('alert').nth(1).waitFor()
    expect(await accessibilityOf(page)).toEqual([])
  })

  test('a link to a view that stands on another site leads there, after a click', async () => {
    const { page } = await visit(await served())
    const view = new URL('/entries?user=alice', page.url()).href
    await page.goto(`data:text/html,<a href="${view}">the entries of alice</a>`)
    await page.getByText('the entries of alice').click()
    await page.getByRole('link', { name: 'go on' }).click()
    await page.waitForSelector('a.row')
    expect(page.url()).toBe(view)
  })

  test('an entry is copied, and printed as a whole', async () => {
    const text = 'word '.repeat(1000)
    const { page, context } = await visit(await servedWith([{ model: 'm', inputText: text, outputText: '' }]))
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await go(page, '/entries/0')
    await page.getByRole('button', { name: 'Copy id' }).click()
    await page.getByText('Copied').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      await page.locator('.proof dd').first().textContent(),
    )
    const shown = page.locator('.message .lines').first()
    expect((await shown.textContent())?.length).toBe(2048)
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`)
    await expect.poll(() => shown.textContent()).toBe(text)
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`)
    await expect.poll(async () => (await shown.textContent())?.length).toBe(2048)
  })

  test('the download menu fits, and closes without opening what is beneath it', async () => {
    const { page } = await visit(await served(), { width: 360 })
    await go(page, '/entries')
    await page.waitForSelector('a.row')
    const items = page.locator('.menu ul')
    await page.getByText('Download').click()
    const box = await items.boundingBox()
    expect(box?.x).toBeGreaterThanOrEqual(0)
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(900)
    expect(await accessibilityOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    await items.waitFor({ state: 'hidden' })
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Download')
    await page.keyboard.press('Enter')
    await items.waitFor()
    await page
      .locator('a.row')
      .last()
      .click({ position: { x: 20, y: 20 } })
    await items.waitFor({ state: 'hidden' })
    expect(new URL(page.url()).pathname).toBe('/entries')
  })

  test('findings are shown in full, at any width and by keyboard, and lead to their entries', async () => {
    const folder = temporaryFolder()
    await writeSampleLogs(folder)
    const path = join(folder, 'audit.db')
    const database = new Database(path)
    database.exec(
      'DROP TRIGGER audit_log_no_update; UPDATE audit_log SET leaf_hash = zeroblob(32) WHERE "index" < 8',
    )
    database.close()
    const { page } = await visit(await servedBinary([path]), { width: 360 })
    await page.getByRole('button', { name: 'Verify now' }).click()
    await page.getByRole('button', { name: /^Show all \d+ findings/ }).click()
    expect(await overflowOf(page)).toBe(0)
    expect(await accessibilityOf(page)).toEqual([])
    await page.locator('.findings a').getByText('entry 7', { exact: true }).first().click()
    await page.waitForSelector('.proof')
    await page.getByRole('heading', { name: 'Entry 7' }).waitFor()
  })

  test('the sum of a session says that a cost is not known', async () => {
    const { page } = await visit(await served())
    await go(page, '/sessions/s-3')
    await page.getByText(/ · cost ≥ \$0\.\d+ · unknown for 1$/).waitFor()
  })

  test('filters that leave nothing, or cannot be read, show no figures', async () => {
    const { page } = await visit(await served())
    await go(page, '/?user=nobody')
    await page.getByText('No entry matches').waitFor()
    expect(await page.locator('.tile').count()).toBe(0)
    await go(page, '/entries?since=soon')
    await page.getByRole('alert').waitFor()
    expect(await page.getByText('0 entries').count()).toBe(0)
  })

  test('a chart as a table is whole, and leaves its neighbour as it is', async () => {
    const { page } = await visit(await served())
    await page.waitForSelector('.bars a')
    const neighbour = page.locator('.chart').nth(1)
    const before = (await neighbour.boundingBox())?.height
    await page.locator('.chart').first().getByText('As a table').click()
    await page.waitForSelector('table')
    expect((await neighbour.boundingBox())?.height).toBe(before)
    const isCut = `document.querySelector('.table-scroll').scrollWidth > document.querySelector('.table-scroll').clientWidth`
    expect(await page.evaluate(isCut)).toBe(false)
    expect(await accessibilityOf(page)).toEqual([])
  })

  test('an id that is searched for, or its beginning in the address, leads to the entry', async () => {
    const { page } = await visit(await served())
    await go(page, `/entries?text=${sampleId(17)}`)
    await page.getByRole('link', { name: 'entry 17', exact: true }).click()
    await page.waitForSelector('.proof')
    await go(page, `/entries/${sampleId(12).slice(0, 12)}`)
    await page.waitForURL(url => url.pathname === `/entries/${sampleId(12)}`)
    await page.waitForSelector('.proof')
    await go(page, '/entries/01a202')
    await page.getByText('Several ids begin so').waitFor()
    expect(await accessibilityOf(page)).toEqual([])
  })

  test('a search on the overview leads to the entries', async () => {
    const { page } = await visit(await served())
    await page.waitForSelector('.bars a')
    await page.keyboard.press('/')
    await page.keyboard.type('haiku')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/entries\?text=haiku/)
    await page.locator('.list-head').getByText('9 entries').waitFor()
  })

  test('filters stand in the address, and back takes them away again', async () => {
    const { page } = await visit(await served())
    await go(page, '/entries')
    await page.getByText(`${SAMPLE_SIZE} entries`, { exact: true }).last().waitFor()
    await page.getByLabel('User').fill('alice')
    await page.keyboard.press('Enter')
    await page.waitForURL(/user=alice/)
    await page.getByLabel('Status').fill('error')
    await page.keyboard.press('Tab')
    await page.waitForURL(/user=alice&status=error/)
    await page.reload()
    expect(await page.getByLabel('User').inputValue()).toBe('alice')
    await page.goBack()
    await page.goBack()
    await page.getByText(`${SAMPLE_SIZE} entries`, { exact: true }).last().waitFor()
    expect(await page.getByLabel('User').inputValue()).toBe('')
  })

  test('a chart leads to the entries behind it', async () => {
    const { page } = await visit(await served())
    await page.waitForSelector('.plot .u-over')
    const plot = page.locator('.plot .u-over').first()
    const box = await plot.boundingBox()
    await plot.hover({ position: { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) - 4 } })
    await plot.click({ position: { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) - 4 } })
    await page.waitForURL(/\/entries\?since=2026-11-2\d&until=2026-11-2\d&model=/)
    await page.waitForSelector('a.row')
  })

  test('what is recorded meanwhile is offered, and an empty log says what to do', async () => {
    const path = join(temporaryFolder(), 'audit.db')
    await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
    await log.open()
    const { page } = await visit(await servedBinary([path]))
    await page.getByText('The log is empty').waitFor()
    await go(page, '/entries')
    await page.getByText('The log is empty').waitFor()
    await log.record({ model: 'm', inputText: 'the first', outputText: '' })
    await page.getByRole('button', { name: 'Show 1 newer entry' }).click()
    await page.getByText('the first').waitFor()
  })

  test('the colours follow the system, until somebody chooses others', async () => {
    const { page } = await visit(await served(), { theme: 'dark' })
    const theme = () => page.evaluate('document.documentElement.dataset.theme')
    expect(await theme()).toBe('dark')
    await page.emulateMedia({ colorScheme: 'light' })
    await expect.poll(theme).toBe('light')
    await page.getByRole('button', { name: 'Use dark colours' }).click()
    await page.reload()
    await page.waitForSelector('.top nav')
    expect(await theme()).toBe('dark')
  })

  test('no view is wider than 360 pixels, and none moves after it was drawn', async () => {
    const { page, context } = await visit(await served(), { width: 360 })
    await context.addInitScript(WATCH_SHIFTS)
    for (const [path, there] of [
      ['/', '.bars a'],
      ['/entries', 'a.row'],
      [`/entries/${sampleId(17)}`, '.proof'],
      ['/sessions/s-3', '.turn'],
    ] as const) {
      await go(page, path)
      await page.waitForSelector(there)
      expect([path, await overflowOf(page)]).toEqual([path, 0])
      await page.waitForLoadState('networkidle')
      expect([path, await page.evaluate('shifts')]).toEqual([path, []])
    }
  })
})
