// What integrations of further SDKs need beside a capture: one way to show a text, a file, a tool call, an error. And what
// tools need that read a log: which calls never ended.
export { digestOf, mediaOf } from './digest.ts'
export { tooLate } from './failure.ts'
export { IdleTimer } from './idle-timer.ts'
export { givenProvider, type ModelOrigin, providerNamed, providerOfModel } from './model-provider.ts'
export { errorTypeOf } from './outcome.ts'
export { readOr } from './read-or.ts'
export { signalOf } from './signal.ts'
export { openIntents } from './unfinished.ts'
export { countOf, type JsonRecord, numberOf, recordOf, recordsOf, stringOf } from './wire/json.ts'
export { jsonText, type Replace } from './wire/json-text.ts'
export { joinedLines, partsText, type Spoken, toolCallText, transcript } from './wire/message-text.ts'
