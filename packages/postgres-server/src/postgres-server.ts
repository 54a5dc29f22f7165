import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Binaries, copyBinaries } from './binaries.ts'

const START_MS = 60_000
const POLL_MS = 50
const PASSWORD = 'a password of the test'

/** Whom the programs run as; empty: as this process. */
interface User {
  readonly uid?: number
  readonly gid?: number
}

/** A PostgreSQL server on a free port of the loopback address, with a folder of its own. */
export class PostgresServer {
  readonly #binaries: Binaries
  readonly #user: User
  readonly #folder: string
  #port = 0
  #process: ChildProcess | undefined
  #output = ''

  private constructor(binaries: Binaries, user: User, folder: string) {
    this.#binaries = binaries
    this.#user = user
    this.#folder = folder
  }

  /**
   * Makes a new, empty server and starts it.
   *
   * @throws Error where there are no programs for this platform, or they do not start.
   */
  static async start(): Promise<PostgresServer> {
    const folder = join(tmpdir(), `audit-postgres-${randomUUID()}`)
    mkdirSync(folder, { mode: 0o755 })
    const user = unprivilegedUser()
    const server = new PostgresServer(copyBinaries(join(folder, 'native')), user, folder)
    process.once('exit', () => server.#abandon())
    try {
      await server.#initialise()
      await server.restart()
      return server
    } catch (error) {
      server.#abandon()
      throw new Error(`PostgreSQL did not start: ${server.#output}`, { cause: error })
    }
  }

  /** How to connect, as the superuser. */
  get url(): string {
    return `postgres://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.#port}/postgres`
  }

  /** Starts the server again, on the same data and the same port. */
  async restart(): Promise<void> {
    this.#port ||= await freePort()
    const settings = [
      `port=${this.#port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
    ]
    const args = ['-D', this.#data, ...settings.flatMap(setting => ['-c', setting])]
    const server = spawn(this.#binaries.postgres, args, {
      ...this.#user,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server.stderr.on('data', chunk => {
      this.#output = `${this.#output}${chunk}`.slice(-4000)
    })
    this.#process = server
    await this.#ready(server)
  }

  /** Kills the server and everything it runs, as a crash of its machine would. */
  async kill(): Promise<void> {
    await this.#end('SIGQUIT') // an immediate shutdown: nothing is written any more, and recovery follows
  }

  /** Ends the server and removes its data. */
  async stop(): Promise<void> {
    await this.#end('SIGINT')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  async #initialise(): Promise<void> {
    const passwordFile = join(this.#folder, 'password')
    writeFileSync(passwordFile, PASSWORD, { mode: 0o644 })
    mkdirSync(this.#data, { mode: 0o700 })
    const { uid, gid } = this.#user
    if (uid !== undefined && gid !== undefined) chownSync(this.#data, uid, gid)
    for (const program of Object.values(this.#binaries)) if (uid !== undefined) chmodSync(program, 0o755)
    const args = ['-D', this.#data, '-U', 'postgres', '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256']
    await promisify(execFile)(this.#binaries.initdb, [...args, `--pwfile=${passwordFile}`], this.#user)
  }

  async #ready(server: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_MS
    for (;;) {
      const client = new pg.Client({ connectionString: this.url })
      client.on('error', () => {}) // a connection to a server that is just starting may be cut
      try {
        await client.connect()
        return await client.end()
      } catch (error) {
        if (server.exitCode !== null || performance.now() > deadline) throw error
        await pause(POLL_MS)
      }
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#process
    this.#process = undefined
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = new Promise(resolve => server.once('exit', resolve))
    server.kill(signal)
    await ended
  }

  /** What can still be done while this process ends. */
  #abandon(): void {
    this.#process?.kill('SIGQUIT')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): User {
  if (process.getuid?.() !== 0) return {}
  const idOf = (option: string) => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
