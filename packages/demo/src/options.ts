import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

/** The backends that the demo can record into. */
export const BACKENDS = ['sqlite', 'jsonl', 'memory'] as const
export type BackendName = (typeof BACKENDS)[number]

/** What the command line asks for. */
export interface DemoOptions {
  /** The file with the exchanges. */
  readonly input: string
  readonly backend: BackendName
  /** Where to keep the log; a fresh temporary folder when not given. */
  readonly path: string | undefined
  readonly help: boolean
}

export const USAGE = `Usage: npm run demo -- [file.jsonl] [--backend sqlite|jsonl|memory] [--path log]

  file.jsonl   exchanges to record, a JSON object a line with model, input_text and
               output_text; user, cost_usd, latency_ms and metadata are optional.
               Default: the sample that comes with the demo.
  --backend    where to record them. Default: sqlite.
  --path       the log's file; an existing log is continued.
               Default: a new file in the system's temporary folder.

Paths count from the top folder of the project.`

const SAMPLE = fileURLToPath(new URL('../sample.jsonl', import.meta.url))

/** @throws UsageError for anything that the usage does not name. */
export function optionsOf(args: readonly string[]): DemoOptions {
  const { values, positionals } = parse(args)
  const [input, ...more] = positionals
  if (more.length > 0) throw new UsageError(`One input file at a time, not ${positionals.length}.`)

  const backend = BACKENDS.find(name => name === (values.backend ?? 'sqlite'))
  if (!backend) throw new UsageError(`There is no backend "${values.backend}": use ${BACKENDS.join(', ')}.`)
  if (values.path !== undefined && backend === 'memory') {
    throw new UsageError('The memory backend has no file: leave --path out.')
  }
  return {
    input: input === undefined ? SAMPLE : resolve(input),
    backend,
    path: values.path === undefined ? undefined : resolve(values.path),
    help: values.help ?? false,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        backend: { type: 'string' },
        path: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
