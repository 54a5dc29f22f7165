import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useLayoutEffect, useState } from 'preact/hooks'
import { type Address, parseAddress } from './address.ts'

/** A place in the history of the page. */
interface Place {
  readonly address: Address
  /** How far down it was scrolled. */
  readonly scroll: number
  /** The path that it was reached from, which is where the browser goes back to. */
  readonly before: string | undefined
  /** The address that was shown until then, whether the way led forwards or back. */
  readonly left?: Address
}

const NOWHERE: Place = {
  address: { view: 'nowhere', filters: new URLSearchParams() },
  scroll: 0,
  before: undefined,
}
const Current = createContext(NOWHERE)

/** Where the page is. */
export function useAddress(): Address {
  return useContext(Current).address
}

/** The id of the entry that was shown before this view; `undefined` if it was something else. */
export function useLeftEntry(): string | undefined {
  const { left } = useContext(Current)
  return left?.view === 'entry' ? left.id : undefined
}

/** Goes to another view, as a link does. */
export function navigate(path: string, { replaces = false } = {}): void {
  const here = location.pathname + location.search
  if (path === here) return
  noteScroll()
  if (replaces) history.replaceState({ ...history.state, scroll: 0 }, '', path)
  else history.pushState({ scroll: 0, before: here }, '', path)
  window.dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
}

/**
 * Goes back to the view that an entry or a session was opened from, which then is as it was left.
 *
 * @param path where to go instead, if that was another entry, or nothing of this page.
 */
export function leave(path: string): void {
  const { before } = placeNow()
  if (before === undefined || before.startsWith('/entries/')) navigate(path)
  else history.back()
}

function noteScroll(): void {
  history.replaceState({ ...history.state, scroll: window.scrollY }, '')
}

/** Tells what is inside where the page is, also after back and forward, and puts the scroll back where it was. */
export function Router({ children }: { readonly children: ComponentChildren }) {
  const [place, setPlace] = useState(placeNow)
  const { address, scroll } = place
  useEffect(() => {
    history.scrollRestoration = 'manual'
    const onPopState = () => setPlace(({ address }) => ({ ...placeNow(), left: address }))
    // Chromium tells of the place that is left only afterwards, so that its scroll is noted as it changes.
    let timer: ReturnType<typeof setTimeout> | undefined
    const onScroll = () => {
      clearTimeout(timer)
      timer = setTimeout(noteScroll, 100)
    }
    window.addEventListener('popstate', onPopState)
    window.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      clearTimeout(timer)
      window.removeEventListener('popstate', onPopState)
      window.removeEventListener('scroll', onScroll)
    }
  }, [])
  useLayoutEffect(() => window.scrollTo(0, scroll), [address, scroll])
  return <Current.Provider value={place}>{children}</Current.Provider>
}

function placeNow(): Place {
  const { scroll, before }: { readonly scroll?: unknown; readonly before?: unknown } = Object(history.state)
  return {
    address: parseAddress(location.pathname, location.search),
    scroll: typeof scroll === 'number' ? scroll : 0,
    before: typeof before === 'string' ? before : undefined,
  }
}

/** A link to another view. With a modifier key it opens a tab, as any link does. */
export function Link({
  to,
  children,
  ...attributes
}: {
  readonly to: string
  readonly children: ComponentChildren
  readonly class?: string
  readonly title?: string
  readonly 'aria-current'?: 'page' | undefined
  readonly 'aria-label'?: string
}) {
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(to)
  }
  return (
    <a href={to} onClick={onClick} {...attributes}>
      {children}
    </a>
  )
}
