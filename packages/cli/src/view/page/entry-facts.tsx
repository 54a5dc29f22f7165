import type { AuditEntry, JsonValue } from '@audit/core'
import type { ComponentChildren } from 'preact'
import type { LogInfo } from '../contract.ts'
import { pathTo } from './address.ts'
import { formatDuration, formatExactCost } from './format.ts'
import { Value } from './json-value.tsx'
import { Link } from './router.tsx'
import { StatusBadge } from './status-badge.tsx'
import { Word } from './text.tsx'

/** The keys that have a name of their own; messages are shown as the conversation. */
const TOKENS: Readonly<Record<string, string>> = {
  'gen_ai.usage.input_tokens': 'Input tokens',
  'gen_ai.usage.output_tokens': 'Output tokens',
  'gen_ai.usage.cache_read.input_tokens': 'of these read from cache',
  'gen_ai.usage.cache_write.input_tokens': 'of these written to cache',
  'gen_ai.usage.reasoning.output_tokens': 'of these for reasoning',
}
const SHOWN_ELSEWHERE = new Set([
  ...Object.keys(TOKENS),
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.response.time_to_first_chunk',
  'audit.status',
  'audit.capture',
  'audit.price',
  'audit.about',
])

/** What is known of an entry besides its texts. */
export function EntryFacts({ log, entry }: { readonly log: LogInfo; readonly entry: AuditEntry }) {
  const { metadata } = entry
  return (
    <aside class="card facts-card" aria-label="Facts">
      <dl class="facts">
        <CallFacts log={log} entry={entry} />
        {Object.entries(TOKENS).map(([key, title]) => (
          <Fact key={key} name={title} when={metadata[key] !== undefined}>
            <Value value={metadata[key]} />
          </Fact>
        ))}
        <Fact name="Captured by" when={metadata['audit.capture'] !== undefined}>
          <Value value={metadata['audit.capture']} />
        </Fact>
        <Fact name="Priced by" when={metadata['audit.price'] !== undefined}>
          <Value value={metadata['audit.price']} />
        </Fact>
        <About value={metadata['audit.about']} />
        {Object.entries(metadata)
          .filter(([key]) => !SHOWN_ELSEWHERE.has(key) && key !== log.sessionKey)
          .map(([key, value]) => (
            <Fact key={key} name={key} isKey>
              <Value value={value} />
            </Fact>
          ))}
      </dl>
    </aside>
  )
}

function CallFacts({ log, entry }: { readonly log: LogInfo; readonly entry: AuditEntry }) {
  const { user, model, costUsd, latencyMs, metadata } = entry
  const status = metadata['audit.status']
  const session = metadata[log.sessionKey]
  const firstChunk = metadata['gen_ai.response.time_to_first_chunk']
  return (
    <>
      <Fact name="User">
        <Link to={pathTo.entries(new URLSearchParams({ user }))}>
          <Word text={user} />
        </Link>
      </Fact>
      <Fact name="Model">
        <Link to={pathTo.entries(new URLSearchParams({ model }))}>
          <Word text={model} />
        </Link>
      </Fact>
      <Fact name="Session" when={typeof session === 'string'}>
        <Link to={pathTo.session(String(session))}>
          <Word text={String(session)} />
        </Link>
      </Fact>
      <Fact name="Status" when={typeof status === 'string'}>
        <StatusBadge status={String(status)} />
      </Fact>
      <Fact name="Cost">{costUsd === null ? 'unknown' : formatExactCost(costUsd)}</Fact>
      <Fact name="Latency">{latencyMs === null ? 'unknown' : formatDuration(latencyMs)}</Fact>
      <Fact name="First chunk after" when={typeof firstChunk === 'number'}>
        {formatDuration(Number(firstChunk) * 1000)}
      </Fact>
    </>
  )
}

function About({ value }: { readonly value: JsonValue | undefined }) {
  return (
    <Fact name="About" when={typeof value === 'string'}>
      <Link to={pathTo.entry(String(value), new URLSearchParams())}>
        <Word text={String(value)} />
      </Link>
    </Fact>
  )
}

function Fact({
  name,
  when = true,
  isKey = false,
  children,
}: {
  readonly name: string
  readonly when?: boolean
  /** Whether the name is a key of the metadata. */
  readonly isKey?: boolean
  readonly children: ComponentChildren
}) {
  if (!when) return null
  return (
    <>
      <dt class={isKey ? 'key' : undefined}>
        <Word text={name} />
      </dt>
      <dd class={isKey ? 'key' : undefined}>{children}</dd>
    </>
  )
}
