import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useLayoutEffect, useState } from 'preact/hooks'
import { type Address, parseAddress } from './address.ts'

const Place = createContext<Address>({ view: 'nowhere', filters: new URLSearchParams() })

/** Where the page is. */
export function useAddress(): Address {
  return useContext(Place)
}

/** Goes to another view, as a link does. */
export function navigate(path: string): void {
  if (path === location.pathname + location.search) return
  history.replaceState({ scroll: window.scrollY }, '')
  history.pushState({ scroll: 0 }, '', path)
  window.dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
}

/** Tells what is inside where the page is, also after back and forward, and puts the scroll back where it was. */
export function Router({ children }: { readonly children: ComponentChildren }) {
  const [{ address, scroll }, setPlace] = useState(currentPlace)
  useEffect(() => {
    history.scrollRestoration = 'manual'
    const onPopState = () => setPlace(currentPlace())
    // Chromium tells of the place that is left only afterwards, so that its scroll is noted as it changes.
    let timer: ReturnType<typeof setTimeout> | undefined
    const onScroll = () => {
      clearTimeout(timer)
      timer = setTimeout(() => history.replaceState({ scroll: window.scrollY }, ''), 100)
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
  return <Place.Provider value={address}>{children}</Place.Provider>
}

function currentPlace(): { readonly address: Address; readonly scroll: number } {
  const state: unknown = history.state
  const scroll = typeof state === 'object' && state !== null && 'scroll' in state ? Number(state.scroll) : 0
  return { address: parseAddress(location.pathname, location.search), scroll }
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
