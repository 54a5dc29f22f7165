import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Outcome, outcomeOf, ProviderServer, type Scene } from '@audit/harness'
import { temporaryFolder } from '@audit/harness/vitest'
import { onTestFinished } from 'vitest'
import type { Turn } from '../src/turn.ts'

/** The ways to ask a model: each test is run for each of them. */
export const WAYS = ['openai', 'ai-sdk'] as const
export type Way = (typeof WAYS)[number]

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** A chat in a process of its own. */
export interface ChatProcess {
  readonly url: string
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
  /** Asks as this user, and gives the response before its text was read. */
  ask(way: Way, user: string, message: string, session?: string): Promise<Response>
  /** What an auditor reads. */
  audit(path: string): Promise<readonly Turn[]>
}

/** A stand-in for the provider, and the file of a log. */
export async function newPlace() {
  const provider = await ProviderServer.start()
  onTestFinished(() => provider.stop())
  return { provider, logPath: `${temporaryFolder()}/audit.db` }
}

/** Starts the program, and waits until it listens. */
export async function startProcess(
  scene: Scene,
  logPath: string,
  env: Readonly<Record<string, string>> = {},
  program = MAIN,
): Promise<ChatProcess> {
  const settings = {
    PORT: '0',
    AUDIT_LOG: logPath,
    OPENAI_BASE_URL: scene.url,
    OPENAI_API_KEY: 'none',
    AUDITORS: 'carol',
  }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    env: { ...process.env, ...settings, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = outcomeOf(child)
  const url = await Promise.race([
    listeningAt(child),
    ended.then(({ errors }) => Promise.reject(new Error(errors))),
  ])
  return {
    url,
    child,
    ended,
    ask: (way, user, message, session = 's1') =>
      fetch(`${url}/chat/${way}`, {
        method: 'POST',
        headers: { 'x-user': user },
        body: JSON.stringify({ session, message }),
      }),
    audit: async path => {
      const response = await fetch(`${url}/audit${path}`, { headers: { 'x-user': 'carol' } })
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
      return (await response.json()) as readonly Turn[] // what the routes answer
    },
  }
}

async function listeningAt(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('its output is not read')
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^listening on (\S+)$/.exec(line) ?? []
    if (url !== undefined) return url
  }
  throw new Error('it never listened')
}

/** Reads the first part of an answer, and gives the reader of the rest. */
export async function firstPart(response: Response) {
  const reader = response.body?.getReader()
  if (!reader) throw new Error('the answer has no body')
  const { value } = await reader.read()
  const text = new TextDecoder().decode(value)
  return {
    text,
    /** The rest, or what broke it off. */
    rest: async () => {
      let rest = ''
      const decoder = new TextDecoder()
      for (let part = await reader.read(); !part.done; part = await reader.read())
        rest += decoder.decode(part.value)
      return rest
    },
    leave: () => reader.cancel(),
  }
}
