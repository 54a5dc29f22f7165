import { AsyncLocalStorage } from 'node:async_hooks'
import type { Capture } from '@audit/capture'
import { recordOf, stringOf } from '@audit/capture/integration'
import { ModelCall } from './model-call.ts'
import { override } from './override.ts'
import { providerServing } from './provider.ts'
import { prompts } from './recorded-model.ts'

/**
 * Records a model of embeddings. Its numbers are not text: an entry says how many there are.
 *
 * @param given who serves a host that is not known.
 */
export function recordEmbeddings(model: object, capture: Capture, given: string | undefined): void {
  // Many a model embeds several texts one by one: that is one call of the application's.
  const within = new AsyncLocalStorage<true>()
  for (const name of ['embedQuery', 'embedDocuments']) {
    override(model, name, original => async (texts, ...more) => {
      if (within.getStore()) return original(texts, ...more)
      const { model: named, modelName } = recordOf(model)
      const call = new ModelCall(capture, {
        provider: providerServing({ named: undefined, settings: model, given }), // only their client's host says it
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
