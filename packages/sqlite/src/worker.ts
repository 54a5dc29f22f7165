import { parentPort, workerData } from 'node:worker_threads'
import { AuditError, type AuditErrorCode } from '@audit/core'
import { type DatabaseConstructor, loadDriver } from './driver.ts'
import { auditErrorOf } from './failure.ts'
import { inspect } from './inspection.ts'
import { type LogDatabase, openForReading, openOrCreate, reopen } from './log-database.ts'
import { assertInPlace } from './log-file.ts'
import { LogReader } from './log-reader.ts'
import { LogWriter } from './log-writer.ts'
import { packFailure } from './packed-failure.ts'
import type { Operations, Request, Response, WorkerSetup } from './protocol.ts'
import { ReadOnlyLog } from './read-only-log.ts'

// The thread that holds one connection to the database. It answers one request at a time.

interface Connection {
  readonly operations: Partial<Operations>
  readonly close: () => void
}

const setup = workerData as WorkerSetup // set by WorkerConnection
let connection: Connection | undefined

parentPort?.on('message', (request: Request) => {
  const response = answer(request)
  const bytes = 'value' in response && response.value instanceof Uint8Array ? [response.value.buffer] : []
  parentPort?.postMessage(response, bytes as ArrayBuffer[]) // no buffer is shared
})

function answer({ id, operation, args }: Request): Response {
  try {
    return { id, value: operation === 'close' ? close() : perform(operation, args) }
  } catch (error) {
    return { id, failure: packFailure(withPath(auditErrorOf(error, ...meaningOf(operation)))) }
  }
}

/** Names the file in each message, because an application may have several logs. */
function withPath(error: AuditError): AuditError {
  if (error.message.includes(setup.path)) return error
  return new AuditError(error.code, `${setup.path}: ${error.message}`, { cause: error.cause })
}

function perform(operation: keyof Operations, args: readonly unknown[]): unknown {
  connection ??= connect()
  // WorkerConnection.request checks both types, but TypeScript cannot relate them here.
  const run = connection.operations[operation] as ((...args: readonly unknown[]) => unknown) | undefined
  if (!run) throw new Error(`a ${setup.role} does not ${operation}`)
  return run(...args)
}

function close(): void {
  connection?.close()
  connection = undefined
}

function connect(): Connection {
  const { role, path, anchors, known } = setup
  const Database = loadDriver(anchors)
  if (role === 'auditor') return auditing(new ReadOnlyLog(Database, path))
  if (!known) return writing(Database, openOrCreate(Database, path), 0)
  if (role === 'writer') return writing(Database, reopen(Database, path, known.files.main), known.size)
  return reading(Database, openForReading(Database, path, known.files))
}

function writing(Database: DatabaseConstructor, log: LogDatabase, size: number): Connection {
  const writer = new LogWriter(Database, setup.path, log, size)
  return {
    operations: {
      open: () => log.files,
      unindexed: keys => writer.unindexed(keys),
      createIndex: key => writer.createIndex(key),
      append: batch => writer.append(batch),
      indexOf: entryId => writer.indexOf(entryId),
      keepRoots: roots => writer.keepRoots(roots),
    },
    close: () => log.database.close(),
  }
}

/** Answers only from the files that were opened, because others may hold fewer entries. */
function reading(Database: DatabaseConstructor, { database, files }: LogDatabase): Connection {
  const reader = new LogReader(database)
  const inPlace = <T>(ask: () => T): T => {
    assertInPlace(setup.path, files, 'AUDIT_READ_FAILED')
    const answer = ask()
    assertInPlace(setup.path, files, 'AUDIT_READ_FAILED')
    return answer
  }
  return {
    operations: {
      ...readingOperations(ask => inPlace(() => ask(reader))),
      inspect: () => inPlace(() => inspect(Database, database)),
    },
    close: () => database.close(),
  }
}

function auditing(log: ReadOnlyLog): Connection {
  return {
    operations: {
      openReadOnly: () => log.open(),
      ...readingOperations(ask => log.answer(ask)),
      extent: request => log.extent(request),
      inspect: () => log.inspect(),
    },
    close: () => log.close(),
  }
}

function readingOperations(answer: <T>(ask: (reader: LogReader) => T) => T): Partial<Operations> {
  return {
    size: () => answer(reader => reader.size()),
    read: (start, end) => answer(reader => reader.read(start, end)),
    digests: (start, end) => answer(reader => reader.digests(start, end)),
    find: selection => answer(reader => reader.find(selection)),
    count: selection => answer(reader => reader.count(selection)),
    extent: request => answer(reader => ({ ...reader.extent(request), isCopied: false })),
    summarize: (request, range) => answer(reader => reader.summarize(request, range)),
    leafHashes: (start, end) => answer(reader => reader.leafHashes(start, end)),
    roots: (level, start, end) => answer(reader => reader.roots(level, start, end)),
  }
}

function meaningOf(operation: Request['operation']): [code: AuditErrorCode, message: string] {
  if (operation === 'unindexed' || operation === 'createIndex')
    return ['AUDIT_OPEN_FAILED', 'an index of the metadata could not be created']
  if (operation === 'open' || operation === 'openReadOnly')
    return ['AUDIT_OPEN_FAILED', `${setup.path} cannot be opened as a log`]
  if (operation === 'append' || operation === 'keepRoots')
    return ['AUDIT_WRITE_FAILED', 'the entries were not stored; record them again']
  return ['AUDIT_READ_FAILED', `${setup.path} could not be read`]
}
