import { type AuditEntry, createEntry, type EntryInput, placeEntry } from '@audit/core/backend'

/** What a model or a user may write to harm whoever opens an export. */
export const HOSTILE_TEXTS: readonly string[] = [
  '=HYPERLINK("http://evil.example","click")',
  "+1+cmd|' /C calc'!A0",
  '-2+3',
  '@SUM(A1:A9)',
  ' =1+1',
  '\u200b=1+1',
  '\ufeff=1+1',
  '\0=1+1',
  '\t=1+1',
  '\r\n=1+1',
  "'=1+1",
  "''=1+1",
  '\uff1d1+1',
  "it's an ordinary text",
  "'quoted' it is",
  'a "quote", a comma,\r\na line\nand another\r',
  'NUL \0 in the middle',
  '\u001b[31mred\u001b[0m \u202eright to left',
  '<script>alert(1)</script>',
  '{{ env.OPENAI_API_KEY }} {{{x}}} {% for x in y %}{# comment #}',
  'file:///etc/passwd',
  'FILE://evil.js',
  'package:evil:run',
  '日本語 \u{1f600}',
  'x'.repeat(1024 * 1024),
  '',
]

/** An entry for each of these texts, in every field that can hold it. */
export function hostileInputs(): readonly EntryInput[] {
  return HOSTILE_TEXTS.map(text => ({
    user: text.slice(0, 100),
    model: text.slice(0, 100) || 'none',
    inputText: text,
    outputText: text,
    costUsd: null,
    latencyMs: 1.5,
    metadata: {
      text,
      [text.slice(0, 20)]: 1,
      ['__proto__']: 'a key like any other',
      'audit.status': text.slice(0, 20),
    },
  }))
}

/** Entries of inputs, with indexes that count up. */
export function entriesOf(inputs: readonly EntryInput[]): readonly AuditEntry[] {
  return inputs.map((input, index) => placeEntry(createEntry(input), index))
}
