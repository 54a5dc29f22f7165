import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { AuditError, type AuditErrorCode } from '@audit/core'
import type { Damage } from './damage.ts'
import { loadNativeLock } from './native-lock.ts'
import { OpenLog } from './open-log.ts'
import { packSummary } from './packed-summary.ts'
import { type Message, type Operations, packFailure, type Request, type WorkerSetup } from './protocol.ts'

// The thread that holds the open log, so that a busy application never prolongs a lock.

/** How many damaged lines may wait to be reported before reading the file pauses. */
const MAX_UNTOLD = 10_000

const setup = workerData as WorkerSetup // set by WorkerConnection
const { path, untold } = setup
const running = new Set<Promise<unknown>>()
let opening: Promise<OpenLog> | undefined

parentPort?.on('message', async (request: Request) => {
  const answering = answer(request)
  running.add(answering)
  const message = await answering
  running.delete(answering)
  const bytes = 'value' in message && message.value instanceof Uint8Array ? [message.value.buffer] : []
  post(message, bytes as ArrayBuffer[]) // no buffer is shared
})

async function answer({ id, operation, args }: Request): Promise<Message> {
  try {
    // WorkerConnection.request checks both types, but TypeScript cannot relate them here.
    const run = operations[operation] as (...args: readonly unknown[]) => unknown
    return { id, value: await run(...args) }
  } catch (error) {
    return { id, failure: packFailure(AuditError.wrap(error, ...meaningOf(operation))) }
  }
}

type Handlers = {
  readonly [K in keyof Operations]: (
    ...args: Parameters<Operations[K]>
  ) => ReturnType<Operations[K]> | Promise<ReturnType<Operations[K]>>
}

const operations: Handlers = {
  open: async () => (await opened()).known,
  append: async batch => (await opened()).append(batch),
  storedIndexesOf: async entryIds => (await opened()).storedIndexesOf(entryIds),
  size: async () => (await opened()).size(),
  read: async (start, end) => (await opened()).read(start, end),
  digests: async (start, end) => (await opened()).digests(start, end),
  find: async selection => (await opened()).find(selection),
  count: async selection => (await opened()).count(selection),
  summarize: async request => packSummary(await (await opened()).summarize(request)),
  leafHashes: async (start, end) => (await opened()).leafHashes(start, end),
  damages: async () => (await opened()).damages(),
  inspect: async () => (await opened()).inspect(),
  close: async () => {
    await Promise.allSettled(running)
    ;(await opening)?.close()
  },
}

function opened(): Promise<OpenLog> {
  opening ??= open()
  return opening
}

async function open(): Promise<OpenLog> {
  try {
    return await OpenLog.open({ ...setup, native: loadNativeLock(setup.anchors), onDamage: report })
  } catch (error) {
    opening = undefined // the next request tries again
    throw error
  }
}

/** Reports that the application has not taken yet stay in memory, so this waits if there are many. */
async function report(damages: readonly Damage[]): Promise<void> {
  Atomics.add(untold, 0, damages.length)
  post({ damages })
  while (Atomics.load(untold, 0) > MAX_UNTOLD) await pause(1)
}

function post(message: Message, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer)
}

function meaningOf(operation: keyof Operations): [code: AuditErrorCode, message: string] {
  if (operation === 'open') return ['AUDIT_OPEN_FAILED', `${path} cannot be opened as a log`]
  if (operation === 'append') return ['AUDIT_WRITE_FAILED', `nothing was stored in ${path}`]
  return ['AUDIT_READ_FAILED', `cannot read ${path}`]
}
