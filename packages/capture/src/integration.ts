// What integrations of further SDKs need beside a capture: one way to show a text, a file, a tool call, an error.
export { digestOf, mediaOf } from './digest.ts'
export { tooLate } from './failure.ts'
export { errorTypeOf } from './outcome.ts'
export { readOr } from './read-or.ts'
export { type JsonRecord, numberOf, recordOf, recordsOf, stringOf } from './wire/json.ts'
export { jsonText, type Replace } from './wire/json-text.ts'
export { joinedLines, partsText, type Spoken, toolCallText, transcript } from './wire/message-text.ts'
