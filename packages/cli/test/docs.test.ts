import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@audit/harness/vitest'
import { expect, test } from 'vitest'
import { type Volatile, withRealOutput } from './console-blocks.ts'
import { writeSampleLogs } from './sample-log.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const DOCUMENTS = [...globSync('docs/cli/*.md', { cwd: ROOT }).toSorted(), 'packages/cli/README.md']

/** What differs from run to run. */
const VOLATILE: Volatile = []

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
