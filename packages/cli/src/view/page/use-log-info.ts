import { useEffect, useState } from 'preact/hooks'
import type { LogInfo } from '../contract.ts'
import { apiPath } from './api-path.ts'
import { type Loaded, useLoaded } from './use-loaded.ts'

/** The page looks so often, in milliseconds, whether the log has grown. */
const EVERY = 3000

/** What the page is about, and how many entries the log has by now. */
export function useLogInfo(): Loaded<LogInfo> {
  const [look, setLook] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setLook(n => n + 1)
    }, EVERY)
    return () => clearInterval(timer)
  }, [])
  return useLoaded<LogInfo>(apiPath.log, look)
}
