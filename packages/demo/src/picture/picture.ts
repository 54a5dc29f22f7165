// Makes docs/view.png, the picture in the README: pnpm --filter @audit/demo picture [chromium]

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { AuditLog, createSigner, generateKey } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'
import { chromium } from 'playwright-core'
import { readExchanges } from '../read-exchanges.ts'
import { VIEW_BINARY } from '../show-page.ts'
import { fillPictureLog, PICTURE_TIME } from './log.ts'

const SAMPLE = fileURLToPath(new URL('../../sample.jsonl', import.meta.url))
const PICTURE = fileURLToPath(new URL('../../../../docs/view.png', import.meta.url))
const { privateKey, publicKey } = generateKey('audit.example.com/demo')

const folder = await mkdtemp(join(tmpdir(), 'audit-picture-'))
try {
  const path = join(folder, 'audit.db')
  await fillPictureLog(new SqliteBackend({ path }), await readExchanges(SAMPLE))
  await writeFile(join(folder, 'checkpoint.txt'), await checkpointOf(path))
  await takePicture(path, join(folder, 'checkpoint.txt'))
} finally {
  await rm(folder, { recursive: true })
}

async function checkpointOf(path: string): Promise<string> {
  await using log = new AuditLog({
    backend: new SqliteBackend({ path, readOnly: true }),
    signer: createSigner(privateKey),
  })
  return await log.checkpoint() // before the log is closed
}

async function takePicture(path: string, checkpoint: string): Promise<void> {
  const args = ['view', path, '--checkpoint', checkpoint, '--key', publicKey]
  const server = spawn(process.execPath, [VIEW_BINARY, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const browser = await chromium.launch({
    executablePath: process.argv[2] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  try {
    const [url] = await once(createInterface({ input: server.stdout }), 'line')
    const page = await browser.newPage({
      viewport: { width: 1280, height: 800 },
      deviceScaleFactor: 2,
      colorScheme: 'light',
    })
    await page.clock.setFixedTime(PICTURE_TIME)
    await page.goto(url)
    await page.getByRole('button', { name: 'Verify now' }).click()
    await page.getByText('Whole.').waitFor()
    await page.locator('.bars a[href*="user="]').first().waitFor()
    await page.getByText(/^\d+ users$/).waitFor()
    await page.mouse.move(0, 0)
    await page.screenshot({ path: PICTURE, animations: 'disabled' })
  } finally {
    await browser.close()
    server.kill()
  }
}
