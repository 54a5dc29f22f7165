import { spawn } from 'node:child_process'

/** Opens an address in the browser of this desktop; where there is none, nothing happens. */
export function openBrowser(url: string): void {
  const [command, args] = commandOf(url)
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {}) // the address was printed, and can be opened by hand
  child.unref()
}

function commandOf(url: string): readonly [command: string, args: readonly string[]] {
  if (process.platform === 'darwin') return ['open', [url]]
  if (process.platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]]
  return ['xdg-open', [url]]
}
