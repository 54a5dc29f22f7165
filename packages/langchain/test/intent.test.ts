import { expectUnfinished } from '@audit/capture-harness'
import { providerServer } from '@audit/harness/vitest'
import { test } from 'vitest'

const server = await providerServer()

test.each(['model', 'handler'])(
  'kill -9 in mid-stream leaves an entry that says so, and unfinished() lists it (%s)',
  async recorder => {
    await expectUnfinished({
      program: new URL('record-until-killed.ts', import.meta.url),
      args: [recorder],
      model: 'gpt-4o-mini',
      server,
    })
  },
)
