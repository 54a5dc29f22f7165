import { messageOf } from './failure.ts'

const EVENTS = {
  uncaughtException: 'an exception that nobody caught',
  unhandledRejection: 'a rejection that nobody handled',
} as const

type EventName = keyof typeof EVENTS
type Listener = (error: unknown) => void

const NAMES: readonly EventName[] = ['uncaughtException', 'unhandledRejection']
/** Whoever listens now: one, unless cases of several backends run side by side in one process. */
const listening = new Set<Listener>()
/** The listeners of the test runner, which get nothing while a case runs. */
let displaced: { readonly name: EventName; readonly listener: Listener }[] = []

/** Errors that come from a case which is over already, and say nothing about a later one. */
export class CaseIsOver extends Error {
  override readonly name = 'CaseIsOver'
}

/**
 * Passes on each exception that nobody catches and each rejection that nobody handles, instead of the process's other
 * listeners: they would end the process, or blame the wrong test. Call what is returned to stop, and the others are back.
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
