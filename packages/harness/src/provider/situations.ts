import type { Behaviour } from './behaviour.ts'
import { ANSWER, type Ask, type Form, type Play } from './play.ts'
import { playsWith } from './plays.ts'

/** One row of the matrix that every integration is put through. */
export interface Situation<OwnPlay extends Play> {
  readonly name: string
  readonly behaviour?: Behaviour
  /** Only in these. Default: all. */
  readonly forms?: readonly Form[]
  /** What the application does. Default: it asks, and reads all. */
  readonly play?: (play: OwnPlay) => Promise<unknown>
  readonly options?: { readonly maxRetries?: number; readonly timeout?: number }
  /** How the one entry ends, by form. */
  readonly status: string | { readonly json: string; readonly stream: string }
  /** What it holds of the answer. Default: all of it. */
  readonly text?: 'all' | 'part' | 'none' | RegExp
  /** How many requests the call is. Default: 1. */
  readonly attempts?: number
  /** How many calls there are. Default: 1. */
  readonly calls?: number
  /** Whether the tokens are known. Default: where the status is ok. */
  readonly usage?: boolean
}

/** Whether an entry's text is what it must hold of the answer. */
export function textMatches<OwnPlay extends Play>(
  { text = 'all' }: Situation<OwnPlay>,
  found: string,
  form: Form,
): boolean {
  if (text instanceof RegExp) return text.test(found)
  if (text === 'all') return found === ANSWER
  if (text === 'none') return found === ''
  if (form === 'json') return found !== '' && found.startsWith('{')
  return found !== ANSWER && found !== '' && ANSWER.startsWith(found)
}

/** The rows that are the same for every SDK of a provider. Each integration's own tests have more. */
export function situations<OwnPlay extends Play>(ask: Ask<OwnPlay>): readonly Situation<OwnPlay>[] {
  const plays = playsWith(ask)
  return [
    ...ANSWERED,
    ...FAILED,
    ...leaving(plays),
    { name: 'unread', forms: ['stream'], play: plays.askOnly, status: 'unfinished', text: 'none' },
    { name: 'unread response', play: plays.asResponseUnread, status: 'unfinished', text: 'none' },
    { name: 'tee', forms: ['stream'], play: plays.tee, status: 'ok' },
    { name: 'toReadableStream', forms: ['stream'], play: plays.toReadableStream, status: 'ok' },
    { name: 'withResponse', play: plays.withResponse, status: 'ok' },
    { name: 'asResponse', play: plays.asResponse, status: 'ok' },
    { name: 'asResponse, cloned', play: plays.cloned, status: 'ok' },
  ]
}

type Row = Situation<Play>

const ANSWERED: readonly Row[] = [
  { name: 'fine', status: 'ok' },
  { name: '429 twice, then fine', behaviour: 'rate-limited', status: 'ok', attempts: 3 },
  { name: 'a reset connection, then fine', behaviour: 'reset', status: 'ok', attempts: 2 },
  { name: 'slow', behaviour: 'slow', status: 'ok' },
  { name: 'trickling', behaviour: 'trickle', status: 'ok' },
  { name: 'gzip', behaviour: 'gzip', status: 'ok' },
  { name: 'a wrong content type', behaviour: 'wrong-type', status: 'ok' },
  { name: 'no trailing newline', behaviour: 'no-newline', status: 'ok' },
  { name: 'choices absent, JSON', behaviour: 'no-choices', forms: ['json'], status: 'ok', text: 'none' },
  { name: 'choices empty', behaviour: 'empty-choices', forms: ['stream'], status: 'ok' },
  { name: 'choices empty, JSON', behaviour: 'empty-choices', forms: ['json'], status: 'ok', text: 'none' },
  { name: 'an empty body', behaviour: 'no-content', status: 'ok', text: 'none', usage: false },
]

const NO_RETRIES = { maxRetries: 0 }
const IMPATIENT = { timeout: 1000, maxRetries: 0 }
const IMPATIENT_TWICE = { timeout: 1000, maxRetries: 1 }

const FAILED: readonly Row[] = [
  { name: '500', behaviour: 'failing', status: 'error', text: 'none', attempts: 3 },
  { name: '400', behaviour: 'refused', status: 'error', text: 'none' },
  {
    name: '429 without retries',
    behaviour: 'rate-limited',
    options: NO_RETRIES,
    status: 'error',
    text: 'none',
  },
  { name: 'cut', behaviour: 'cut', status: 'truncated', text: 'part' },
  { name: 'no last event', behaviour: 'no-done', status: { json: 'ok', stream: 'truncated' } },
  { name: 'malformed', behaviour: 'malformed', status: 'error', text: 'part' },
  { name: 'an error event', behaviour: 'error-event', forms: ['stream'], status: 'error', text: 'part' },
  { name: 'too slow for the SDK', behaviour: 'silent', options: IMPATIENT, status: 'timeout', text: 'none' },
  {
    name: 'too slow for the SDK, twice',
    behaviour: 'silent',
    options: IMPATIENT_TWICE,
    status: 'timeout',
    text: 'none',
    attempts: 2,
  },
]

/** The application stops before the answer ends. */
function leaving<OwnPlay extends Play>(
  plays: ReturnType<typeof playsWith<OwnPlay>>,
): readonly Situation<OwnPlay>[] {
  const left = { behaviour: 'slow', forms: ['stream'], status: 'cancelled', text: 'part' } as const
  return [
    { ...left, name: 'broken off by the consumer', play: plays.breakOff },
    { ...left, name: 'broken off, never ending', behaviour: 'endless', play: plays.breakOff },
    { ...left, name: 'controller.abort()', play: plays.abortByController },
    { ...left, name: 'the consumer throws', play: plays.throwWhileReading },
    { ...left, name: 'aborted in mid-stream', play: plays.abortInMidstream, status: 'aborted' },
    {
      name: 'aborted before the answer',
      behaviour: 'silent',
      play: plays.abortBeforeAnswer,
      status: 'aborted',
      text: 'none',
    },
    {
      name: 'aborted in the middle of the answer',
      behaviour: 'endless',
      forms: ['json'],
      play: plays.abortInTheMiddle,
      status: 'aborted',
      text: 'part',
    },
    { name: 'aborted before it started', play: plays.abortedBefore, status: 'aborted', calls: 0 },
  ]
}
