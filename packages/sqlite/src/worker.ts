import { parentPort, workerData } from 'node:worker_threads'
import type { AuditErrorCode } from '@audit/core'
import { type DatabaseConstructor, loadDriver } from './driver.ts'
import { auditErrorOf, packFailure } from './failure.ts'
import { inspect } from './inspection.ts'
import { type LogDatabase, openForReading, openOrCreate, reopen } from './log-database.ts'
import { LogReader } from './log-reader.ts'
import { LogWriter } from './log-writer.ts'
import type { Operations, Request, Response, WorkerSetup } from './protocol.ts'

// The thread that holds one connection to the database. It answers one request after the other.

interface Connection {
  readonly operations: Partial<Operations>
  readonly close: () => void
}

const setup = workerData as WorkerSetup // what WorkerConnection gave it
let connection: Connection | undefined

parentPort?.on('message', (request: Request) => {
  const response = answer(request)
  const bytes = 'value' in response && response.value instanceof Uint8Array ? [response.value.buffer] : []
  parentPort?.postMessage(response, bytes as ArrayBuffer[]) // none of them is shared
})

function answer({ id, operation, args }: Request): Response {
  try {
    return { id, value: operation === 'close' ? close() : perform(operation, args) }
  } catch (error) {
    return { id, failure: packFailure(auditErrorOf(error, ...meaningOf(operation))) }
  }
}

function perform(operation: keyof Operations, args: readonly unknown[]): unknown {
  connection ??= connect()
  // WorkerConnection.request checks the types of both, but only one by one.
  const run = connection.operations[operation] as ((...args: readonly unknown[]) => unknown) | undefined
  if (!run) throw new Error(`a ${setup.role} does not ${operation}`)
  return run(...args)
}

function close(): void {
  connection?.close()
  connection = undefined
}

function connect(): Connection {
  const { role, path, anchors, identity } = setup
  const Database = loadDriver(anchors)
  if (!identity) return writing(openOrCreate(Database, path))
  if (role === 'writer') return writing(reopen(Database, path, identity))
  return reading(Database, openForReading(Database, path, identity))
}

function writing(log: LogDatabase): Connection {
  const writer = new LogWriter(setup.path, log)
  return {
    operations: {
      open: () => log.identity,
      append: batch => writer.append(batch),
      keepRoots: roots => writer.keepRoots(roots),
    },
    close: () => log.database.close(),
  }
}

function reading(Database: DatabaseConstructor, { database }: LogDatabase): Connection {
  const reader = new LogReader(database)
  return {
    operations: {
      size: () => reader.size(),
      read: (start, end) => reader.read(start, end),
      find: selection => reader.find(selection),
      count: selection => reader.count(selection),
      leafHashes: (start, end) => reader.leafHashes(start, end),
      roots: (level, start, end) => reader.roots(level, start, end),
      inspect: () => inspect(Database, database),
    },
    close: () => database.close(),
  }
}

function meaningOf(operation: Request['operation']): [code: AuditErrorCode, message: string] {
  if (operation === 'open') return ['AUDIT_OPEN_FAILED', `${setup.path} cannot be opened as a log`]
  if (operation === 'append' || operation === 'keepRoots')
    return ['AUDIT_WRITE_FAILED', 'the entries were not stored; record them again']
  return ['AUDIT_READ_FAILED', `${setup.path} could not be read`]
}
