import { createEntry, placeEntry } from '@audit/core/backend'
import { expect, test } from 'vitest'
import { entryColumns } from '../src/entries/entry-column.ts'
import { rowOf } from '../src/view/entry-rows.ts'

/** What the terminal's list, the list of `audit view` and a program get of an input. */
function shown(inputText: string) {
  const entry = placeEntry(createEntry({ model: 'm', inputText, outputText: '' }), 0)
  const clock = { zone: 'UTC', format: (iso: string) => iso }
  const [column] = entryColumns('input', { clock })
  return { text: column?.textOf(entry), json: column?.jsonOf(entry), row: rowOf(entry, 'session').input }
}

const FIRST = 'system:\nBe nice.\n\nuser:\nWho?\n\nassistant:\nI.\n\n'

test.each([
  ['the last question', `${FIRST}user:\nAnd why?`, 'user:\nAnd why?'],
  ['what follows it', `${FIRST}user:\n6 * 7?\n\ntool:\n42`, 'user:\n6 * 7?\n\ntool:\n42'],
  ['a label before its text', 'system: Be nice.\nuser: Who?', 'user: Who?'],
  [
    'a question behind long instructions',
    `system:\n${'Be nice. '.repeat(9999)}\n\nuser:\nWho?`,
    'user:\nWho?',
  ],
  ['a text without labels', 'Which user: alice or bob?', 'Which user: alice or bob?'],
  ['instructions alone', 'system:\nBe nice.\n\nassistant:\nYes.', 'system:\nBe nice.\n\nassistant:\nYes.'],
])('lists show %s', (_, input, text) => {
  expect(shown(input)).toEqual({ text, row: text, json: input })
})
