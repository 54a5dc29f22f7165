import { open } from 'node:fs/promises'
import type { Context } from '../context.ts'
import { fileFormatOf } from '../log/file-format.ts'
import { type FileLocation, locateLog } from '../log/log-location.ts'
import type { LogOptions } from '../log/log-options.ts'
import { openLog } from '../log/open-log.ts'
import { receiveLog } from '../log/standard-input.ts'
import { JsonlSource } from './jsonl-source.ts'
import { LogSource } from './log-source.ts'
import type { Source } from './source.ts'
import { SynapseKitSource } from './synapsekit-source.ts'

/** Where the application id stands in an SQLite file (file format, section 1.3.15), and that of a log. */
const APPLICATION_ID_OFFSET = 68
const APPLICATION_ID = Buffer.from('AUDT')

/**
 * Opens what is to be imported, by its content: a file of SynapseKit, or another log.
 *
 * @throws CommandError for anything else.
 */
export async function openSource(context: Context, given: string, options: LogOptions): Promise<Source> {
  if (given === '-') return receivedSource(context)
  const location = await locateLog(context, given, options)
  if (location.kind === 'file') return fileSource(context, location)
  return LogSource.of(context, await openLog(context, given, options))
}

async function fileSource(context: Context, location: FileLocation): Promise<Source> {
  if ((await fileFormatOf(location)) === 'jsonl') return new JsonlSource(location)
  if (!(await isLog(location))) return SynapseKitSource.open(location)
  return LogSource.of(context, await openLog(context, location.path))
}

/** What comes by standard input is kept in a file: an import that goes on reads its source twice. */
async function receivedSource(context: Context): Promise<Source> {
  const received = await receiveLog(context)
  const remove = () => received[Symbol.asyncDispose]()
  try {
    const source = await fileSource(context, received.location)
    const dispose = async () => {
      await source[Symbol.asyncDispose]()
      await remove()
    }
    const { format, findings, total } = source
    const name = received.location.name
    return {
      name,
      format,
      findings,
      total,
      items: () => source.items(),
      sha256: () => source.sha256(),
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function isLog({ path }: FileLocation): Promise<boolean> {
  await using file = await open(path, 'r')
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, APPLICATION_ID_OFFSET)
  return buffer.equals(APPLICATION_ID)
}
