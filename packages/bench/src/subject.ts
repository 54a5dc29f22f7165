import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a program does on command; arguments and results cross to another process as JSON. */
export type Commands = Readonly<Record<string, (...args: never[]) => unknown>>

interface Answer {
  readonly value?: unknown
  readonly error?: string
}

/** A process of its own for what is measured: its own heap, its own compiled code, its own event loop. */
export class Subject<C extends Commands> implements AsyncDisposable {
  readonly #child: ChildProcess
  #settle: ((answer: Answer) => void) | undefined

  /**
   * @param program the name of a file in `programs`, which calls `serve` with what it can do.
   * @param environment what it is told in another way than this process.
   */
  constructor(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const path = fileURLToPath(new URL(`programs/${program}.ts`, import.meta.url))
    this.#child = fork(path, args, {
      env: { ...process.env, ...environment },
      execArgv: ['--expose-gc', '--max-old-space-size=6144', '--disable-warning=ExperimentalWarning'],
    })
    this.#child.on('message', (answer: Answer) => this.#settle?.(answer))
    this.#child.on('exit', code => this.#settle?.({ error: `${program} ended with ${code}` }))
  }

  /** Runs one command at a time. Rejects with what it threw, or when its process dies. */
  async ask<K extends keyof C & string>(
    command: K,
    ...args: Parameters<C[K]>
  ): Promise<Awaited<ReturnType<C[K]>>> {
    const answer = await new Promise<Answer>(resolve => {
      this.#settle = resolve
      this.#child.send({ command, args })
    })
    if (answer.error !== undefined) throw new Error(`${command}: ${answer.error}`)
    return answer.value as Awaited<ReturnType<C[K]>> // what the command returned, as JSON
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.disconnect()
    await exited
  }
}

/** Makes this process a subject, until its parent lets go of it. Returns the commands, for their type. */
export function serve<C extends Commands>(commands: C): C {
  process.on('message', async ({ command, args }: { command: string; args: never[] }) => {
    let answer: Answer
    try {
      answer = { value: await commands[command]?.(...args) }
    } catch (error) {
      answer = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
    process.send?.(answer)
  })
  process.on('disconnect', () => process.exit())
  return commands
}
