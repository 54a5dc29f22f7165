import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ProviderServer, runCommand } from '@audit/harness'
import { expect, test } from 'vitest'
import { startProxy, upstream } from './proxy-fixture.ts'

/** A Python that has both SDKs; AUDIT_PYTHON names one that is not on the path. */
const PYTHON = process.env.AUDIT_PYTHON ?? 'python3'
const hasSdks = spawnSync(PYTHON, ['-c', 'import openai, anthropic']).status === 0

// They come by pip, which the tests do not use: set AUDIT_PYTHON to a Python that has them.
test.skipIf(!hasSdks)('programs in Python are recorded by their base URL', async () => {
  await using server = await ProviderServer.start()
  const scene = server.scene()
  const proxy = await startProxy({ args: [...upstream(scene), ...upstream(scene, 'anthropic')] })
  const script = fileURLToPath(new URL('ask.py', import.meta.url))
  const said: unknown = JSON.parse(await runCommand(proxy.folder, PYTHON, [script, proxy.address]))
  const answer = 'You said: a question from Python'
  expect(said).toEqual([answer, answer, answer, answer])
  const entries = await proxy.entries()
  expect(entries.map(({ outputText }) => outputText)).toEqual(said)
  for (const { user, metadata } of entries) {
    expect({ user, session: metadata['gen_ai.conversation.id'] }).toEqual({ user: 'alice', session: 's-1' })
  }
})
