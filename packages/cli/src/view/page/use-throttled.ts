import { useEffect, useRef, useState } from 'preact/hooks'

/** A value that follows another one, but changes at most once in so many milliseconds. */
export function useThrottled<T>(value: T, ms: number): T {
  const [current, setCurrent] = useState(value)
  const changedAt = useRef(Date.now())
  useEffect(() => {
    if (value === current) return
    const wait = Math.max(changedAt.current + ms - Date.now(), 0)
    const timer = setTimeout(() => {
      changedAt.current = Date.now()
      setCurrent(value)
    }, wait)
    return () => clearTimeout(timer)
  }, [value, current, ms])
  return current
}
