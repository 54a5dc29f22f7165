import { serverUrl } from '@audit/harness'
import type { commands } from '../programs/delay.ts'
import { Subject } from '../subject.ts'

/** How to connect to the server so that a round trip takes so many milliseconds longer, as long as `subjects` last. */
export async function urlBehind(delay: number, subjects: AsyncDisposableStack): Promise<string> {
  if (delay === 0) return serverUrl().href
  return subjects.use(new Subject<typeof commands>('delay', [String(delay)])).ask('listen')
}
