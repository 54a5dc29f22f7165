import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { type Volatile, withRealOutput } from './console-blocks.ts'
import { writeSampleLogs } from './sample-log.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const DOCUMENTS = [...globSync('docs/cli/*.md', { cwd: ROOT }).toSorted(), 'packages/cli/README.md']

/** What differs from run to run. */
const VOLATILE: Volatile = [
  [/\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}/g, '+33d7b496+AeHTu4Q3hEIMHNqcmvprv…'], // a key
  [/^(— \S+) [A-Za-z0-9+/=]{90,}$/gm, '$1 M9e0lmvprv9zVd0E…'], // a signature
  [/\b[\d.]+ \wiB free of [\d.]+ \wiB \(.*\)$/gm, '189.2 GiB free of 250.0 GiB (76 %)'],
  [/changed \d{4}-\S+Z/g, 'changed 2026-11-25T10:52:07.318Z'],
]

// `pnpm --filter @audit/cli test docs -u` writes what the commands print now into the documents.
for (const document of DOCUMENTS) {
  test(`${document.replaceAll('\\', '/')} shows what the commands print`, async () => {
    const folder = temporaryFolder()
    await writeSampleLogs(folder)
    const path = `${ROOT}/${document}`
    const current = await withRealOutput(readFileSync(path, 'utf8'), folder, VOLATILE)
    await expect(current).toMatchFileSnapshot(path)
  })
}
