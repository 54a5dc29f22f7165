import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { newPlace, startProcess, WAYS } from './chat-process.ts'

const PROGRAM = fileURLToPath(new URL('../src/main-with-stand-in.ts', import.meta.url))

test.each(WAYS)('pnpm start needs no provider: %s', async way => {
  const { provider, logPath } = await newPlace()
  const scene = provider.scene()
  const chat = await startProcess(scene, logPath, {}, PROGRAM)
  expect(await (await chat.ask(way, 'alice', 'Hello')).text()).toBe('You said: Hello')
  expect(scene.requests).toBe(0) // it has one of its own
  expect(await chat.audit('/sessions/s1')).toMatchObject([{ question: 'Hello', status: 'ok' }])
  chat.child.kill('SIGTERM')
  if (process.platform !== 'win32') expect(await chat.ended).toMatchObject({ exitCode: 0 })
})
