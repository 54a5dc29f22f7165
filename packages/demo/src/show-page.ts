import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Place } from './place.ts'
import { heading } from './terminal.ts'

/**
 * Serves the log as a page, until Ctrl-C. Only for somebody who sits before it: on a pipe and in CI, the demo ends without.
 *
 * @param stopped ends it.
 */
export async function showPage({ view }: Place, stopped: AbortSignal): Promise<void> {
  if (!view || !isWatched()) return
  heading('6. Look at it in the browser')
  const open = hasDesktop() ? ['--open'] : []
  const child = spawn(process.execPath, [VIEW_BINARY, 'view', ...view.args, ...open], {
    stdio: 'inherit',
    env: { ...process.env, ...view.env },
    signal: stopped,
  })
  await new Promise<void>(done => {
    child.on('error', () => done()) // it was stopped
    child.on('exit', () => done())
  })
}

/** The command line, as it was built. */
export const VIEW_BINARY = join(
  dirname(createRequire(import.meta.url).resolve('@audit/cli/package.json')),
  'dist',
  'main.js',
)

function isWatched(): boolean {
  return process.stdout.isTTY === true && process.stdin.isTTY === true && !process.env.CI
}

function hasDesktop(): boolean {
  if (process.platform === 'darwin' || process.platform === 'win32') return true
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}
