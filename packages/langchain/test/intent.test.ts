import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { ProviderServer } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { JsonlBackend } from '@audit/jsonl'
import { afterAll, beforeAll, expect, test } from 'vitest'

const CHILD = fileURLToPath(new URL('record-until-killed.ts', import.meta.url))

let server: ProviderServer
beforeAll(async () => {
  server = await ProviderServer.start()
})
afterAll(() => server.stop())

test.each(['model', 'handler'])(
  'kill -9 in mid-stream leaves an entry that says so, and unfinished() lists it (%s)',
  async recorder => {
    const path = `${temporaryFolder()}/audit.jsonl`
    const child = spawn(process.execPath, [CHILD, recorder, path, server.scene('endless-stream').url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')

    const log = new AuditLog({ backend: new JsonlBackend({ path, readOnly: true }) })
    const unfinished = await createCapture({ log }).unfinished(log)
    expect(unfinished).toMatchObject([
      {
        user: 'alice',
        model: 'gpt-4o-mini',
        inputText: 'a question without an answer',
        outputText: '',
        metadata: { 'audit.status': 'unfinished', 'audit.intent': true },
      },
    ])
    const entries = await log.query()
    expect(entries).toHaveLength(3) // the first question with its answer, and the intent
    expect(entries[1]?.metadata).toMatchObject({ 'audit.status': 'ok', 'audit.about': entries[0]?.entryId })
    await log.close()
  },
)
