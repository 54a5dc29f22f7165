import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, onTestFinished } from 'vitest'
import { startBinary } from './binary.ts'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser of this machine; `undefined` where there is none. `AUDIT_CHROMIUM` names one that is elsewhere. */
export const CHROMIUM: string | undefined = [process.env.AUDIT_CHROMIUM ?? '', ...PLACES].find(path =>
  existsSync(path),
)

/** How it is started: it speaks to nobody but the page. */
export const CHROMIUM_FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

let browser: Browser | undefined
afterAll(() => browser?.close())

/** Who looks at the page. */
export interface Visitor {
  readonly width?: number
  readonly theme?: 'light' | 'dark'
}

/** A page in the real browser, and what went wrong in it. */
export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors, refusals by the content security policy, and dialogs. */
  readonly problems: readonly string[]
}

/** Opens an address in a browser that has not been there. */
export async function visit(url: string, { width = 1440, theme = 'light' }: Visitor = {}): Promise<Visit> {
  browser ??= await chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    args: CHROMIUM_FLAGS,
  })
  const context = await browser.newContext({ colorScheme: theme, viewport: { width, height: 900 } })
  onTestFinished(() => context.close())
  const problems: string[] = []
  const page = await context.newPage()
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', error => problems.push(error.message))
  page.on('dialog', dialog => {
    problems.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(url)
  return { page, context, problems }
}

/** Serves a log with the built binary, and tells the address that it prints. */
export async function servedBinary(args: readonly string[]): Promise<string> {
  const child = startBinary(['view', ...args])
  onTestFinished(() => {
    child.kill()
  })
  const errors: string[] = []
  child.stderr?.on('data', data => errors.push(String(data)))
  if (child.stdout) for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error(`audit view printed no address: ${errors.join('')}`)
}
