import { useEffect, useState } from 'preact/hooks'

export type Theme = 'light' | 'dark'

const KEY = 'audit-view-theme'
const DARK = matchMedia('(prefers-color-scheme: dark)')

/** The theme: the system's, until somebody chooses another one. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [chosen, setChosen] = useState<Theme | undefined>(storedTheme)
  const [system, setSystem] = useState<Theme>(systemTheme)
  useEffect(() => {
    const onChange = () => setSystem(systemTheme())
    DARK.addEventListener('change', onChange)
    return () => DARK.removeEventListener('change', onChange)
  }, [])
  const theme = chosen ?? system
  document.documentElement.dataset.theme = theme // before anything is drawn with its colours
  const choose = (next: Theme) => {
    store(next)
    setChosen(next)
  }
  return [theme, choose]
}

function systemTheme(): Theme {
  return DARK.matches ? 'dark' : 'light'
}

function storedTheme(): Theme | undefined {
  try {
    const stored = localStorage.getItem(KEY)
    return stored === 'light' || stored === 'dark' ? stored : undefined
  } catch {
    return undefined // a browser may forbid it
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // it holds until the page is closed, then
  }
}
