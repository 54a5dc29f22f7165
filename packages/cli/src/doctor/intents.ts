import { openIntents } from '@audit/capture/integration'
import { AuditError, type AuditLog } from '@audit/core'
import type { Context } from '../context.ts'
import { counted } from '../output/numbers.ts'
import { plainMessage } from '../output/plain-message.ts'
import { waitingFor } from '../output/waiting.ts'
import { INTENT_KEY } from '../stats/calls.ts'
import type { Diagnosis } from './diagnosis.ts'

/** More are counted. */
const SHOWN_INTENTS = 3
const about = 'intents'

/** Which calls never ended, as far as their intents say. Nothing where no call had one. */
export async function intentsOf(context: Context, log: AuditLog): Promise<readonly Diagnosis[]> {
  try {
    return await waitingFor(context, 'looking for intents', examine(context, log))
  } catch (error) {
    if (!(error instanceof AuditError)) throw error
    return [{ about, level: 'problem', message: `they cannot be read: ${plainMessage(error.message)}` }]
  }
}

async function examine({ signal }: Context, log: AuditLog): Promise<readonly Diagnosis[]> {
  // Sums are made in threads; only where there are intents is every entry read for what ends them.
  const [intents] = await log.summarize({ metadata: { [INTENT_KEY]: true }, signal })
  if (!intents?.count) return []
  const open = await openIntents({ entries: () => log.entries({ signal }) })
  if (open.length === 0) return [{ about, level: 'ok', message: 'an entry ends each of them' }]
  const ids = open.slice(0, SHOWN_INTENTS).map(({ entryId }) => entryId)
  const named = open.length > ids.length ? `${ids.join(', ')}, …` : ids.join(', ')
  return [
    {
      about,
      level: 'note',
      message: `no entry ends ${counted(open.length, 'intent')}: ${named}`,
      advice:
        'audit show says what was asked; the process died during the call, could not record it, or is still waiting for the answer',
    },
  ]
}
