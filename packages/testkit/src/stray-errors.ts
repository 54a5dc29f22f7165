import { messageOf } from './failure.ts'

const EVENTS = {
  uncaughtException: 'an exception that nobody caught',
  unhandledRejection: 'a rejection that nobody handled',
} as const

type EventName = keyof typeof EVENTS
type Listener = (error: unknown) => void

const NAMES: readonly EventName[] = ['uncaughtException', 'unhandledRejection']
/** The current listeners: one, unless cases of several backends run at once in one process. */
const listening = new Set<Listener>()
/** The test runner's listeners, which are set aside while a case runs. */
let displaced: { readonly name: EventName; readonly listener: Listener }[] = []

/** Errors of a case that is already over; they say nothing about a later one. */
export class CaseIsOver extends Error {
  override readonly name = 'CaseIsOver'
}

/**
 * Receives each uncaught exception and unhandled rejection in place of the process's other listeners, which would end the
 * process or blame the wrong test. Call the returned function to stop and to restore the others.
 */
export function listenForStrayErrors(onError: (error: Error) => void): () => void {
  const listener: Listener = error => onError(error as Error) // made by `HANDLERS`
  if (listening.size === 0) displaceOthers()
  listening.add(listener)
  return () => {
    if (listening.delete(listener) && listening.size === 0) restoreOthers()
  }
}

const HANDLERS: Readonly<Record<EventName, Listener>> = {
  uncaughtException: handlerOf('uncaughtException'),
  unhandledRejection: handlerOf('unhandledRejection'),
}

function handlerOf(name: EventName): Listener {
  return reason => {
    if (reason instanceof CaseIsOver) return
    const error = new Error(`${EVENTS[name]}, while this case ran: ${messageOf(reason)}`, { cause: reason })
    for (const listener of listening) listener(error)
  }
}

function displaceOthers(): void {
  displaced = NAMES.flatMap(name =>
    // Node's type is `Function`; these were given to `process.on` for the same event.
    process.rawListeners(name).map(listener => ({ name, listener: listener as Listener })),
  )
  for (const name of NAMES) {
    process.removeAllListeners(name)
    process.on(name, HANDLERS[name])
  }
}

function restoreOthers(): void {
  for (const name of NAMES) process.off(name, HANDLERS[name])
  for (const { name, listener } of displaced) process.on(name, listener)
  displaced = []
}
