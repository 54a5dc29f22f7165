import { prices } from '@audit/cost'
import { updatePrices } from '@pydantic/genai-prices'
import { expect, test } from 'vitest'
import { callTo } from './calls.ts'

test('a price from a list that the application has updated says so', () => {
  const price = prices()
  expect(price(callTo('openai', 'gpt-4o'))).toMatchObject({ costUsd: 0.0075, version: '0.1.8' })
  const model = { id: 'gpt-4o', match: { equals: 'gpt-4o' }, prices: { input_mtok: 1, output_mtok: 1 } }
  updatePrices(({ setProviderData }) =>
    setProviderData([{ id: 'openai', name: 'OpenAI', api_pattern: 'openai', models: [model] }]),
  )
  expect(price(callTo('openai', 'gpt-4o'))).toMatchObject({ costUsd: 0.0015, version: '0.1.8+updated' })
})
