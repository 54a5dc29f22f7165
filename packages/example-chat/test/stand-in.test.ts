import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runCommand } from '@audit/harness'
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

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test.skipIf(process.platform === 'win32')(
  'the commands of the README are answered (they are those of a POSIX shell)',
  async () => {
    const { provider, logPath } = await newPlace()
    const chat = await startProcess(provider.scene(), logPath, {}, PROGRAM)
    const commands = README.match(/^curl .*$/gm) ?? []
    expect(commands).toHaveLength(6)
    const answers: string[] = []
    for (const command of commands) {
      const here = command.replace('localhost:8080', new URL(chat.url).host)
      answers.push(await runCommand('.', 'sh', ['-c', here]))
    }
    expect(answers.slice(0, 2).join(' ')).toMatch(/^You said: What .* You said: And .*$/)
    const [asked, session, costs, unfinished] = answers.slice(2).map(answer => JSON.parse(answer))
    expect(asked).toMatchObject([{ user: 'alice' }, { question: 'And write that to [EMAIL_1]' }])
    expect(session).toEqual(asked)
    expect(costs).toMatchObject([{ user: 'alice', count: 2 }])
    expect(unfinished).toEqual([])
  },
)
