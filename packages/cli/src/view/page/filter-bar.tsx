import { useEffect, useRef, useState } from 'preact/hooks'
import type { FilterName, LogInfo, Values } from '../contract.ts'
import { changed, pathTo } from './address.ts'
import { navigate, useAddress } from './router.tsx'
import { useShortcuts } from './shortcuts.ts'
import { word } from './text.tsx'
import { TimeFilter } from './time-filter.tsx'
import { useLoaded } from './use-loaded.ts'

/** Filters that are set to other values. */
type Changes = { readonly [K in FilterName]?: string }

/** Chooses entries. What it says stands in the address, so that a view can be sent, and back and forward work. */
export function FilterBar({ log, filters }: { readonly log: LogInfo; readonly filters: URLSearchParams }) {
  const { view } = useAddress()
  const path = view === 'entries' ? pathTo.entries : pathTo.overview
  const onChange = (changes: Changes) => {
    const pathOf = changes.text ? pathTo.entries : path // the overview sums up, and does not look into texts
    navigate(pathOf(changed(filters, changes)))
  }
  const [isOpen, setOpen] = useState(false)
  return (
    <form
      class={isOpen ? 'filters open' : 'filters'}
      aria-label="Filters"
      onSubmit={event => event.preventDefault()}
    >
      <Fields log={log} filters={filters} onChange={onChange} />
      <button
        type="button"
        class="button unfold-filters"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? 'Fewer filters' : 'All filters'}
      </button>
      <button
        type="button"
        class="button clear"
        disabled={filters.size === 0}
        onClick={() => navigate(path(new URLSearchParams()))}
      >
        Clear
      </button>
    </form>
  )
}

function Fields({
  log,
  filters,
  onChange,
}: {
  readonly log: LogInfo
  readonly filters: URLSearchParams
  readonly onChange: (changes: Changes) => void
}) {
  const search = useRef<HTMLInputElement>(null)
  useShortcuts({ '/': () => search.current?.focus() })
  const field = (name: FilterName) => ({
    name,
    filters,
    onChange: (value: string) => onChange({ [name]: value }),
  })
  return (
    <>
      <Field {...field('text')} label="Text" input={search} placeholder="Search in texts" />
      <TimeFilter filters={filters} onChange={onChange} />
      <Field {...field('user')} label="User" suggest />
      <Field {...field('model')} label="Model" suggest />
      <Field {...field('status')} label="Status" suggest />
      <Field {...field('session')} label="Session" title={word(log.sessionKey)} />
      <Field {...field('metadata')} label="Metadata" placeholder="key=value" />
    </>
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
