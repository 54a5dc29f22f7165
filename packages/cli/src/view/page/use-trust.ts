import { useEffect, useRef, useState } from 'preact/hooks'
import type { Trust } from '../contract.ts'
import { apiPath } from './api-path.ts'
import { type Loaded, useLoaded } from './use-loaded.ts'

/** What is known, and how to verify: what comes of it is told event by event. */
export function useTrust(): Loaded<Trust> & { readonly verify: () => void } {
  const loaded = useLoaded<Trust>(apiPath.trust)
  const { data } = loaded
  const [told, setTold] = useState<Trust>()
  const events = useRef<EventSource | undefined>(undefined)
  const verify = () => {
    events.current?.close()
    const source = new EventSource('/api/verify')
    events.current = source
    source.onmessage = ({ data }) => {
      const trust: Trust = JSON.parse(data)
      setTold(trust)
      if (trust.state !== 'running') source.close()
    }
    source.onerror = () => {
      source.close() // otherwise it would verify again and again
      setTold(told => brokenOff(told ?? data))
    }
  }
  const isRunning = data?.state === 'running'
  useEffect(() => {
    if (isRunning) verify()
    return () => events.current?.close()
  }, [isRunning])
  return { ...loaded, data: told ?? data, verify }
}

function brokenOff(trust: Trust | undefined): Trust | undefined {
  return trust && { ...trust, state: 'failed', problem: 'The server broke the verification off.' }
}
