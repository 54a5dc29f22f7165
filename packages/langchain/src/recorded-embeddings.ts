import { AsyncLocalStorage } from 'node:async_hooks'
import type { Capture } from '@audit/capture'
import { recordOf, stringOf } from '@audit/capture/integration'
import { ModelCall } from './model-call.ts'
import { override } from './override.ts'
import { prompts } from './recorded-model.ts'

/** Records a model of embeddings. Its numbers are not text: an entry says how many there are. */
export function recordEmbeddings(model: object, capture: Capture): void {
  // Many a model embeds several texts one by one: that is one call of the application's.
  const within = new AsyncLocalStorage<true>()
  for (const name of ['embedQuery', 'embedDocuments']) {
    override(model, name, original => async (texts, ...more) => {
      if (within.getStore()) return original(texts, ...more)
      const { model: named, modelName } = recordOf(model)
      const call = new ModelCall(capture, {
        provider: 'unknown', // they do not say it; their client's host does
        operation: 'embeddings',
        requestModel: stringOf(named) ?? stringOf(modelName) ?? '',
        ...prompts(texts),
      })
      const count = Array.isArray(texts) ? texts.length : 1
      return call.whole(
        async () => within.run(true, () => original(texts, ...more)),
        () => ({ output: `[${count} ${count === 1 ? 'embedding' : 'embeddings'}]` }),
      )
    })
  }
}
