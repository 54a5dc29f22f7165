import type { AuditEntry } from '@audit/core'
import { Foldable } from './foldable.tsx'
import { messagesOf } from './messages.ts'
import { Word } from './text.tsx'

const KINDS: Readonly<Record<string, string>> = {
  assistant: 'answer',
  model: 'answer',
  system: 'system',
  developer: 'system',
}

/** What was asked and what was answered, as messages. */
export function Conversation({ entry }: { readonly entry: AuditEntry }) {
  return (
    <ol class="messages">
      {messagesOf(entry).map(({ role, text }, i) => (
        <li key={i} class={`message ${Object.hasOwn(KINDS, role) ? KINDS[role] : 'question'}`}>
          <p class="role">
            <Word text={role} />
            {role === 'user' && entry.user !== '' && (
              <span class="muted">
                {' '}
                <Word text={entry.user} />
              </span>
            )}
            {role === 'assistant' && (
              <span class="muted">
                {' '}
                <Word text={entry.model} />
              </span>
            )}
          </p>
          {text === '' ? <p class="muted">No text.</p> : <Foldable text={text} what="this message" />}
        </li>
      ))}
    </ol>
  )
}
