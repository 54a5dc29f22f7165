import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PATH = fileURLToPath(new URL('../../../../shared/data/interactions.jsonl', import.meta.url))

/** A real exchange with a language model. */
export interface Exchange {
  readonly model: string
  readonly user: string
  readonly inputText: string
  readonly outputText: string
}

/** The file of the real exchanges, which lies beside the checkout and not in it; `undefined` where it does not. */
export const REAL_EXCHANGES: string | undefined = existsSync(PATH) ? PATH : undefined

/**
 * The real exchanges, as they stand in their file.
 *
 * @throws Error where there is no such file.
 */
export function realExchanges(): readonly Exchange[] {
  const lines = readFileSync(PATH, 'utf8').trimEnd().split('\n')
  return lines.map(line => {
    const { model, user, input_text, output_text } = JSON.parse(line)
    return { model, user, inputText: input_text, outputText: output_text }
  })
}
