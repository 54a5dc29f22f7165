import { setTimeout as pause } from 'node:timers/promises'
import { type AnswerStream, type Ask, isStream, type Play, readAll } from './play.ts'

/** What applications do with an answer, for any SDK whose calls have the methods of `Answer`. */
export function playsWith<OwnPlay extends Play>(ask: Ask<OwnPlay>) {
  return {
    askAndRead: async (play: OwnPlay) => readAll(await ask(play), play.seen),
    askOnly: async (play: OwnPlay) => void (await ask(play)),
    ...streamPlays(ask),
    ...responsePlays(ask),
    ...leavingPlays(ask),
    ...abortingPlays(ask),
  }
}

const SEEN_BEFORE_LEAVING = 4

/** Reads a stream as far as the fourth chunk, and then does something. Returns whether to read on. */
async function readThen<OwnPlay extends Play>(
  play: OwnPlay,
  asked: PromiseLike<unknown>,
  readsOn: (answer: AnswerStream) => boolean,
): Promise<void> {
  const answer = await asked
  if (!isStream(answer)) return
  for await (const chunk of answer) {
    if (play.seen.push(chunk) === SEEN_BEFORE_LEAVING && !readsOn(answer)) break
  }
}

function leavingPlays<OwnPlay extends Play>(ask: Ask<OwnPlay>) {
  return {
    breakOff: (play: OwnPlay) => readThen(play, ask(play), () => false),
    abortByController: (play: OwnPlay) =>
      readThen(play, ask(play), ({ controller }) => {
        controller.abort()
        return true
      }),
    throwWhileReading: (play: OwnPlay) =>
      readThen(play, ask(play), () => {
        throw new RangeError('the application fails')
      }),
    abortInMidstream: (play: OwnPlay) => {
      const controller = new AbortController()
      return readThen(play, ask(play, { signal: controller.signal }), () => {
        controller.abort()
        return true
      })
    },
  }
}

function abortingPlays<OwnPlay extends Play>(ask: Ask<OwnPlay>) {
  async function abortWhen(play: OwnPlay, isTime: () => Promise<void>): Promise<void> {
    const controller = new AbortController()
    const answer = Promise.resolve(ask(play, { signal: controller.signal }))
    const reading = answer.then(value => readAll(value, play.seen))
    reading.catch(() => undefined) // it is awaited below
    await isTime()
    controller.abort()
    await reading
  }
  return {
    abortedBefore: async (play: OwnPlay) => void (await ask(play, { signal: AbortSignal.abort() })),
    abortBeforeAnswer: (play: OwnPlay) =>
      abortWhen(play, async () => {
        while (play.scene.requests === 0) await pause(5)
      }),
    /** Once the server has sent something, and the client had the time to see it. */
    abortInTheMiddle: (play: OwnPlay) =>
      abortWhen(play, async () => {
        while (play.scene.bytes === 0) await pause(5)
        await pause(200)
      }),
  }
}

function streamPlays<OwnPlay extends Play>(ask: Ask<OwnPlay>) {
  return {
    async tee(play: OwnPlay) {
      const answer = await ask(play)
      if (!isStream(answer)) return
      const [left, right] = answer.tee()
      await Promise.all([readAll(left, play.seen), readAll(right, [])])
    },
    async toReadableStream(play: OwnPlay) {
      const answer = await ask(play)
      if (!isStream(answer)) return
      for await (const bytes of answer.toReadableStream()) play.seen.push(Buffer.from(bytes).toString())
    },
  }
}

function responsePlays<OwnPlay extends Play>(ask: Ask<OwnPlay>) {
  return {
    async withResponse(play: OwnPlay) {
      const { data, response, request_id } = await ask(play).withResponse()
      const { status, url, headers } = response
      play.seen.push(status, url.replace(/^.*\/v1/, ''), request_id, headers.get('content-type'))
      await readAll(data, play.seen)
    },
    async asResponse(play: OwnPlay) {
      const response = await ask(play).asResponse()
      play.seen.push(response.bodyUsed, response.ok, response.constructor.name)
      play.seen.push(await response.text(), response.bodyUsed)
    },
    async asResponseUnread(play: OwnPlay) {
      const response = await ask(play).asResponse()
      play.seen.push(response.bodyUsed, response.status)
    },
    async cloned(play: OwnPlay) {
      const response = await ask(play).asResponse()
      const [one, other] = await Promise.all([response.clone().text(), response.text()])
      play.seen.push(one, one === other)
    },
  }
}
