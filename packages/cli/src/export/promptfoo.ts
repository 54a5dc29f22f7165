import { KEYS } from '@audit/capture'
import type { AuditEntry } from '@audit/core'
import type { JsonValue } from '@audit/core/backend'
import type { ExportFormat } from './export-format.ts'
import { writeLines } from './lines.ts'

/** For evaluations: each entry as a test case of promptfoo, so that what people really asked is asked of the next model. */
export const promptfoo: ExportFormat = {
  name: 'promptfoo',
  summary: 'for evaluations: a test case of promptfoo a line, with the question, the answer and who asked',
  extension: 'promptfoo.jsonl',
  mediaType: 'application/jsonl',
  isBinary: false,
  write: entries => writeLines(entries, entry => JSON.stringify(testCaseOf(entry))),
}

/** How like the recorded answer a new one must be; the user of the tests can say another in `defaultTest`. */
const THRESHOLD = 0.75

function testCaseOf(entry: AuditEntry) {
  const { index, entryId, timestamp } = entry
  const isAnswered = entry.outputText !== ''
  return {
    description: `entry ${index}`,
    vars: { input: inert(entry.inputText), expected: inert(entry.outputText) },
    // By reference, so that a long answer stands there once.
    assert: isAnswered ? [{ type: 'similar', value: '{{expected}}', threshold: THRESHOLD }] : [],
    metadata: {
      index,
      entry_id: entryId,
      timestamp,
      user: inert(entry.user),
      model: inert(entry.model),
      status: inertOf(entry.metadata[KEYS.status]),
      conversation: inertOf(entry.metadata[KEYS.conversation]),
    },
  }
}

function inertOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? inert(value) : undefined
}

/**
 * A text that promptfoo takes as it is. It renders templates in variables, where `{{ env.KEY }}` would be a secret of whoever
 * runs the tests, and a value that begins with `file://` or `package:` is loaded, and run. A blank stops either, however often it
 * is rendered. Even the end of a comment that never began would be an error.
 */
function inert(text: string): string {
  const untemplated = text.replaceAll(/\{(?=[{%#])|#(?=\})/g, '$& ')
  return LOADED.test(untemplated) ? ` ${untemplated}` : untemplated
}

const LOADED = /^(?:file:\/\/|package:)/i
