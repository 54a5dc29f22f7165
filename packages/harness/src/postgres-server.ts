import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, lchownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Binaries, copyBinaries, type Version } from './binaries.ts'

const START_MS = 60_000
const POLL_MS = 50
const PASSWORD = 'a password of the test'

/** Settings of the server (PostgreSQL, chapter 19), by name. */
export type Settings = Readonly<Record<string, string>>

/** How a server is started. */
export interface ServerOptions {
  /** The major version. Default: 18. */
  readonly version?: Version
  readonly settings?: Settings
  /** An empty folder for its data. Default: one of its own. */
  readonly data?: string
}

/** Whom the programs run as; empty: as this process. */
interface User {
  readonly uid?: number
  readonly gid?: number
}

/** A PostgreSQL server on a free port of the loopback address, with a folder of its own. */
export class PostgresServer {
  readonly #version: Version
  readonly #binaries: Binaries
  readonly #user: User
  readonly #folder: string
  readonly #data: string
  #settings: Settings = {}
  #port = 0
  #process: ChildProcess | undefined
  #output = ''

  private constructor(version: Version, data?: string) {
    this.#version = version
    this.#folder = join(tmpdir(), `audit-postgres-${randomUUID()}`)
    mkdirSync(this.#folder)
    this.#data = data ?? join(this.#folder, 'data')
    this.#user = unprivilegedUser()
    process.once('exit', () => this.#abandon())
    this.#binaries = copyBinaries(version, join(this.#folder, 'native'))
  }

  /**
   * Makes a new, empty server and starts it.
   *
   * @throws Error where there are no programs for this platform, or they do not start.
   */
  static async start({ version = 18, settings = {}, data }: ServerOptions = {}): Promise<PostgresServer> {
    const server = new PostgresServer(version, data)
    await server.#initialise()
    await server.restart(settings)
    return server
  }

  /** How to connect, as the superuser. */
  get url(): string {
    return `postgres://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.#port}/postgres`
  }

  /** Whether its process is there. */
  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Starts the server again, on the same data and the same port; with other settings, if any are given. */
  async restart(settings: Settings = this.#settings): Promise<void> {
    await this.#end('SIGINT')
    this.#settings = settings
    this.#port ||= await freePort()
    const all = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '200',
      ...settings,
      port: `${this.#port}`,
    }
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = spawn(this.#binaries.postgres, ['-D', this.#data, ...args], {
      ...this.#user,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server.stderr.on('data', chunk => {
      this.#output = `${this.#output}${chunk}`.slice(-4000)
    })
    this.#process = server
    await this.#ready(server)
  }

  /** Ends the server as a crash would: nothing is written any more, and the next start recovers. */
  async kill(): Promise<void> {
    await this.#end('SIGQUIT')
  }

  /** Ends the server and removes its data. */
  async stop(): Promise<void> {
    await this.#end('SIGINT')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /**
   * Starts a standby that follows this server, which must have been stopped or idle: it is restarted for it.
   *
   * @param name what `synchronous_standby_names` calls it.
   */
  async startStandby(name: string): Promise<PostgresServer> {
    const standby = new PostgresServer(this.#version)
    await this.#end('SIGINT')
    mkdirSync(standby.#data, { mode: 0o700 })
    cpSync(this.#data, standby.#data, { recursive: true })
    await this.restart()
    writeFileSync(join(standby.#data, 'standby.signal'), '')
    standby.own(standby.#folder)
    const { hostname, port, username } = new URL(this.url)
    await standby.restart({
      primary_conninfo: `host=${hostname} port=${port} user=${username} password='${PASSWORD}' application_name=${name}`,
    })
    return standby
  }

  /** Makes a standby a primary. */
  async promote(): Promise<void> {
    await this.#withClient(client => client.query('SELECT pg_promote()'))
  }

  /** Gives a folder, and all that is in it, to the user that the server runs as. */
  own(folder: string): void {
    const { uid, gid } = this.#user
    if (uid === undefined || gid === undefined) return
    lchownSync(folder, uid, gid)
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      lchownSync(join(folder, path), uid, gid)
    }
  }

  async #initialise(): Promise<void> {
    const passwordFile = join(this.#folder, 'password')
    writeFileSync(passwordFile, PASSWORD)
    mkdirSync(this.#data, { mode: 0o700, recursive: true })
    for (const folder of [this.#folder, this.#data]) this.own(folder) // whatever the umask keeps from others
    const args = ['-D', this.#data, '-U', 'postgres', '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256']
    await promisify(execFile)(this.#binaries.initdb, [...args, `--pwfile=${passwordFile}`], this.#user)
  }

  async #ready(server: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_MS
    for (;;) {
      try {
        return await this.#withClient(async () => {})
      } catch (cause) {
        if (server.exitCode !== null || performance.now() > deadline) {
          throw new Error(`PostgreSQL did not start: ${this.#output}`, { cause })
        }
        await pause(POLL_MS)
      }
    }
  }

  async #withClient(use: (client: pg.Client) => Promise<unknown>): Promise<void> {
    const client = new pg.Client({ connectionString: this.url })
    client.on('error', () => {}) // a connection to a server that is just starting may be cut
    try {
      await client.connect()
      await use(client)
    } finally {
      await client.end()
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#process
    if (!server || !this.isRunning) return
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
