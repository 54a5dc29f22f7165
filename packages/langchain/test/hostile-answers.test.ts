import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { AIMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import { expect, test } from 'vitest'
import { AuditCallbackHandler, auditModel } from '../src/index.ts'
import { WholeModel } from './stage-model.ts'

/** What a model may answer: a block nested deeper than the stack, and an object where a text should be. */
function hostile(): AIMessage {
  let deep: unknown = 'end'
  for (let i = 0; i < 20_000; i++) deep = [deep]
  return Object.assign(new AIMessage('text'), { content: [{ type: 'x', deep }, { type: { toString: 1 } }] })
}

class HostileModel extends WholeModel {
  override async _generate(): Promise<ChatResult> {
    return { generations: [{ text: '', message: hostile() }] }
  }
}

test.each(['auditModel', 'AuditCallbackHandler'])(
  'an answer that cannot be read is recorded by %s',
  async by => {
    const log = new AuditLog()
    const capture = createCapture({ log })
    const bare = new HostileModel(async function* () {})
    if (by === 'auditModel') await auditModel(bare, capture).invoke('Hi')
    else await bare.invoke('Hi', { callbacks: [new AuditCallbackHandler(capture)] })
    expect(await log.query()).toMatchObject([
      {
        outputText: expect.stringMatching(/^\{"type":"x","deep":\[+"end"\]+\}\n\{"type":\{"toString":1\}\}$/),
        metadata: { 'audit.status': 'ok' },
      },
    ])
  },
)
