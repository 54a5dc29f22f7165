import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** What the build puts into `dist/page`. */
const TYPES: Readonly<Record<string, string>> = {
  'page.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
}

/** The page's own files. */
export interface Asset {
  readonly body: string
  readonly type: string
}

/** Reads a file of the page; `undefined` if the page has no such file. */
export async function readAsset(name: string): Promise<Asset | undefined> {
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
  if (type === undefined) return undefined
  return { body: await readFile(join(FOLDER, name), 'utf8'), type }
}

// The package names itself, so that it is the same folder from its sources and from its build.
const FOLDER = join(
  dirname(createRequire(import.meta.url).resolve('@audit/cli/package.json')),
  'dist',
  'page',
)

/** The document of every view: the script fills it in. It holds nothing of the log. */
export const SHELL = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>audit view</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/style.css">
<script type="module" src="/assets/page.js"></script>
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript. Without it, \`audit query\` shows the same log.</noscript>
</body>
</html>
`

/** The icon: a stack of lines, the last of which is sealed. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d4ed8"/><path d="M8 10h16M8 16h16M8 22h7" stroke="#fff" stroke-width="3" stroke-linecap="round"/><circle cx="22" cy="22" r="3.5" fill="#fff"/></svg>`
