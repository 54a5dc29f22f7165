import { setTimeout as pause } from 'node:timers/promises'

/** Resident bytes of this process once its garbage is collected and given back to the system. */
export async function residentBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await pause(20)
  }
  return process.memoryUsage.rss()
}
