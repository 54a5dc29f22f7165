import { useEffect, useRef, useState } from 'preact/hooks'
import { FILTER_NAMES, type FilterName, type LogInfo, type Values } from '../contract.ts'
import { changed, pathTo } from './address.ts'
import { navigate, useAddress } from './router.tsx'
import { useShortcuts } from './shortcuts.ts'
import { word } from './text.tsx'
import { TimeFilter } from './time-filter.tsx'
import { useLoaded } from './use-loaded.ts'

/** Chooses entries. What it says stands in the address, so that a view can be sent, and back and forward work. */
export function FilterBar({ log, filters }: { readonly log: LogInfo; readonly filters: URLSearchParams }) {
  const { view } = useAddress()
  const search = useRef<HTMLInputElement>(null)
  useShortcuts({ '/': () => search.current?.focus() })
  const path = view === 'entries' ? pathTo.entries : pathTo.overview
  const set = (name: FilterName) => (value: string) => navigate(path(changed(filters, { [name]: value })))
  const active = FILTER_NAMES.filter(name => filters.has(name))
  return (
    <form class="filters" aria-label="Filters" onSubmit={event => event.preventDefault()}>
      <Field
        label="Text"
        name="text"
        filters={filters}
        onChange={set('text')}
        input={search}
        placeholder="Search in texts"
      />
      <TimeFilter filters={filters} onChange={changes => navigate(path(changed(filters, changes)))} />
      <Field label="User" name="user" filters={filters} onChange={set('user')} suggest />
      <Field label="Model" name="model" filters={filters} onChange={set('model')} suggest />
      <Field label="Status" name="status" filters={filters} onChange={set('status')} suggest />
      <Field
        label="Session"
        name="session"
        filters={filters}
        onChange={set('session')}
        title={word(log.sessionKey)}
      />
      <Field
        label="Metadata"
        name="metadata"
        filters={filters}
        onChange={set('metadata')}
        placeholder="key=value"
      />
      <button
        type="button"
        class="button clear"
        disabled={active.length === 0}
        onClick={() => navigate(path(new URLSearchParams()))}
      >
        Clear
      </button>
    </form>
  )
}

function Field({
  label,
  name,
  filters,
  onChange,
  suggest = false,
  placeholder = 'any',
  title,
  input,
}: {
  readonly label: string
  readonly name: FilterName
  readonly filters: URLSearchParams
  readonly onChange: (value: string) => void
  readonly suggest?: boolean
  readonly placeholder?: string
  readonly title?: string
  readonly input?: { current: HTMLInputElement | null }
}) {
  const value = filters.get(name) ?? ''
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const [isWanted, setWanted] = useState(false)
  const { data: values = [] } = useLoaded<Values>(suggest && isWanted ? `/api/values?key=${name}` : undefined)
  const list = suggest ? `values-${name}` : undefined
  return (
    <label class={`field field-${name}${value === '' ? '' : ' active'}`} title={title}>
      <span>{label}</span>
      <input
        type={name === 'text' ? 'search' : 'text'}
        name={name}
        ref={input ?? null}
        value={typed}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        {...(list !== undefined && { list })}
        onFocus={() => setWanted(true)}
        onKeyDown={event => {
          if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur() // the other keys work again
        }}
        onInput={event => setTyped(event.currentTarget.value)}
        onChange={event => onChange(event.currentTarget.value)}
      />
      {list !== undefined && (
        <datalist id={list}>
          {values.map(({ value }) =>
            typeof value === 'string' ? <option key={value} value={value} /> : null,
          )}
        </datalist>
      )}
    </label>
  )
}
