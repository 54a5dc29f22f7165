import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DemoError } from './demo-error.ts'

/** The backends that the demo can record into. */
export const BACKENDS = ['sqlite', 'jsonl', 'postgres', 'memory'] as const
export type BackendName = (typeof BACKENDS)[number]

/** What the command line asks for. */
export interface DemoOptions {
  /** The file with the exchanges. */
  readonly input: string
  readonly backend: BackendName
  /** The file to keep the log in; a fresh temporary one when not given. */
  readonly path: string | undefined
  /** The log's name, where a place holds several. */
  readonly log: string
  /** Whether to end by serving the log as a page. */
  readonly view: boolean
  readonly help: boolean
}

export const USAGE = `Usage: npm run demo -- [file.jsonl] [--backend sqlite|jsonl|postgres|memory]
                       [--path file] [--log name] [--no-view]

  file.jsonl   exchanges to record, a JSON object a line with model, input_text and
               output_text; user, cost_usd, latency_ms and metadata are optional.
               Default: the sample that comes with the demo.
  --backend    where to record them. Default: sqlite.
  --path       on sqlite and jsonl, the log's file; an existing log is continued.
               Default: a new file in the system's temporary folder.
  --log        on postgres, the log's name; an existing log is continued.
               Default: demo.
  --no-view    leaves out the page that the demo ends with. Without a terminal, and in
               CI, it is left out anyway.

Paths count from the top folder of the project. For postgres, a server is started,
which is gone with its log when the demo ends. To record into a database of yours, set
AUDIT_POSTGRES_URL=postgres://user:password@host:port/database.`

const SAMPLE = fileURLToPath(new URL('../sample.jsonl', import.meta.url))

/** @throws DemoError for anything that the usage does not name. */
export function optionsOf(args: readonly string[]): DemoOptions {
  const { values, positionals } = parse(args)
  const [input, ...more] = positionals
  if (more.length > 0) throw new DemoError(`One input file at a time, not ${positionals.length}.`)

  const backend = BACKENDS.find(name => name === (values.backend ?? 'sqlite'))
  if (!backend) throw new DemoError(`There is no backend "${values.backend}": use ${BACKENDS.join(', ')}.`)
  if (values.path !== undefined && backend !== 'sqlite' && backend !== 'jsonl') {
    throw new DemoError(`The ${backend} backend has no file: leave --path out.`)
  }
  if (values.log !== undefined && backend !== 'postgres') {
    throw new DemoError(`The ${backend} backend has no names for logs: leave --log out.`)
  }
  return {
    input: input === undefined ? SAMPLE : resolve(input),
    backend,
    path: values.path === undefined ? undefined : resolve(values.path),
    log: values.log ?? 'demo',
    view: !(values['no-view'] ?? false),
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
        log: { type: 'string' },
        'no-view': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new DemoError(error instanceof Error ? error.message : String(error))
  }
}
