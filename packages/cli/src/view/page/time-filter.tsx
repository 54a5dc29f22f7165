import { useEffect, useState } from 'preact/hooks'
import { word } from './text.tsx'

const SPANS: readonly (readonly [since: string, title: string])[] = [
  ['', 'All time'],
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
  ['90d', 'Last 90 days'],
]

interface TimeChange {
  readonly since?: string
  readonly until?: string
}

/** Chooses a span of time: one of the usual ones, or from one day to another. */
export function TimeFilter({
  filters,
  onChange,
}: {
  readonly filters: URLSearchParams
  readonly onChange: (change: TimeChange) => void
}) {
  const since = filters.get('since') ?? ''
  const until = filters.get('until') ?? ''
  const isSpan = until === '' && SPANS.some(([span]) => span === since)
  const [isOwn, setOwn] = useState(!isSpan)
  useEffect(() => setOwn(!isSpan), [isSpan])
  const choose = (value: string) => {
    if (value === 'own') setOwn(true)
    else onChange({ since: value, until: '' })
  }
  return (
    <>
      <label class={`field field-time${since + until === '' ? '' : ' active'}`}>
        <span>Time</span>
        <select value={isOwn ? 'own' : since} onChange={event => choose(event.currentTarget.value)}>
          {SPANS.map(([span, title]) => (
            <option key={span} value={span}>
              {title}
            </option>
          ))}
          <option value="own">From … to …</option>
        </select>
      </label>
      {isOwn && (
        <>
          <TimeField
            label="From"
            placeholder="2026-11-01"
            value={since}
            onChange={value => onChange({ since: value })}
          />
          <TimeField
            label="To"
            placeholder="2026-11-30"
            value={until}
            onChange={value => onChange({ until: value })}
          />
        </>
      )}
    </>
  )
}

function TimeField({
  label,
  placeholder,
  value,
  onChange,
}: {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onChange: (value: string) => void
}) {
  return (
    <label class={`field field-moment${value === '' ? '' : ' active'}`}>
      <span>{label}</span>
      <input
        type="text"
        value={word(value)}
        placeholder={placeholder}
        title="2026-11-25, 2026-11, 2026-11-25T20:00Z, 36h, 2w, today, yesterday; UTC"
        autocomplete="off"
        onChange={event => onChange(event.currentTarget.value)}
      />
    </label>
  )
}
