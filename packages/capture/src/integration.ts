// What integrations of further SDKs need beside a capture: one way to show a text, a file, a tool call, an error.
export { digestOf, mediaOf } from './digest.ts'
export { IdleTimer } from './idle-timer.ts'
export { errorTypeOf } from './outcome.ts'
export { signalOf } from './signal.ts'
export { tooLate } from './watched-body.ts'
export { type JsonRecord, numberOf, recordOf, recordsOf, stringOf } from './wire/json.ts'
export { joinedLines, type Spoken, toolCallText, transcript } from './wire/message-text.ts'
