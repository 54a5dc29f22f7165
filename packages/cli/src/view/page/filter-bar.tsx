import type { TargetedKeyboardEvent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { FilterName, LogInfo, Values } from '../contract.ts'
import { type Changes, changed, pathTo } from './address.ts'
import { navigate, useAddress } from './router.tsx'
import { word } from './text.tsx'
import { TimeFilter } from './time-filter.tsx'
import { useLoaded } from './use-loaded.ts'

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
  const field = (name: Exclude<FilterName, 'metadata'>) => ({
    name,
    value: filters.get(name) ?? '',
    onChange: (value: string) => onChange({ [name]: value }),
  })
  const pairs = filters.getAll('metadata')
  return (
    <>
      <Field {...field('text')} label="Text" type="search" placeholder="Search in texts" />
      <TimeFilter filters={filters} onChange={onChange} />
      <Field {...field('user')} label="User" suggest />
      <Field {...field('model')} label="Model" suggest />
      <Field {...field('status')} label="Status" suggest />
      <Field {...field('session')} label="Session" title={word(log.sessionKey)} />
      {[...pairs, ''].map((pair, i) => (
        <Field
          key={i}
          name="metadata"
          label={i === 0 ? 'Metadata' : 'and'}
          placeholder="key=value"
          value={pair}
          onChange={value => onChange({ metadata: pairs.with(i, value) })}
        />
      ))}
    </>
  )
}

function Field({
  label,
  name,
  value,
  onChange,
  type = 'text',
  suggest = false,
  placeholder = 'any',
  title,
}: {
  readonly label: string
  readonly name: FilterName
  readonly value: string
  readonly onChange: (value: string) => void
  readonly type?: 'text' | 'search'
  readonly suggest?: boolean
  readonly placeholder?: string
  readonly title?: string
}) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const [isWanted, setWanted] = useState(false)
  const { data: values = [] } = useLoaded<Values>(suggest && isWanted ? `/api/values?key=${name}` : undefined)
  const list = suggest ? `values-${name}` : undefined
  return (
    <label class={`field field-${name}${value === '' ? '' : ' active'}`} title={title}>
      <span>{label}</span>
      <input
        type={type}
        name={name}
        value={typed}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        {...(list !== undefined && { list })}
        onFocus={() => setWanted(true)}
        onKeyDown={event => leaveField(event, value)}
        onInput={({ currentTarget: input }) => {
          setTyped(input.value)
          if (input.value === '' && value !== '') onChange('') // also by the button that clears a search
        }}
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

/** Enter takes what was typed, and Escape what stood there before. Then the other keys work again. */
function leaveField(event: TargetedKeyboardEvent<HTMLInputElement>, before: string): void {
  if (event.key !== 'Enter' && event.key !== 'Escape') return
  const input = event.currentTarget
  if (event.key === 'Escape') {
    event.preventDefault()
    input.value = before
    input.dispatchEvent(new Event('input', { bubbles: true }))
  }
  input.blur()
}
